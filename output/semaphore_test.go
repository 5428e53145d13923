package output

import (
	"runtime"
	"testing"
)

// TestSlots has an output of few cores get all that there are when it stops, once.
func TestSlots(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(5))
	for _, c := range []struct{ workers, before, after int }{{2, 2, 5}, {5, 5, 5}, {7, 7, 7}} {
		s := newSemaphore(c.workers)
		if got := taken(s); got != c.before {
			t.Errorf("encode_workers %d: %d cores, want %d", c.workers, got, c.before)
		}
		s.Release()
		s.useAllCores()
		s.useAllCores()
		if got := c.before - 1 + taken(s); got != c.after {
			t.Errorf("encode_workers %d: %d cores at the end, want %d", c.workers, got, c.after)
		}
	}
}

// taken acquires as many as are free.
func taken(s *semaphore) (n int) {
	for s.TryAcquire() {
		n++
	}
	return n
}

// TestSlotsWithout has others work while one waits.
func TestSlotsWithout(t *testing.T) {
	s := newSemaphore(runtime.GOMAXPROCS(0))
	for range runtime.GOMAXPROCS(0) {
		s.Acquire()
	}
	s.yield(func() {
		if !s.TryAcquire() {
			t.Error("no core is free while one waits")
		}
		s.Release()
	})
	if s.TryAcquire() {
		t.Error("the core was not taken again")
	}
}
