package output

import (
	"runtime"
	"testing"
)

// TestSlots has an output of few cores get all that there are when it stops, once.
func TestSlots(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(5))
	for _, c := range []struct{ workers, before, after int }{{2, 2, 5}, {5, 5, 5}, {7, 7, 7}} {
		s := newSlots(c.workers)
		if got := taken(s); got != c.before {
			t.Errorf("encode_workers %d: %d cores, want %d", c.workers, got, c.before)
		}
		s.Leave()
		s.all()
		s.all()
		if got := c.before - 1 + taken(s); got != c.after {
			t.Errorf("encode_workers %d: %d cores at the end, want %d", c.workers, got, c.after)
		}
	}
}

// taken takes as many as there are.
func taken(s *slots) (n int) {
	for s.Try() {
		n++
	}
	return n
}

// TestSlotsWithout has others work while one waits.
func TestSlotsWithout(t *testing.T) {
	s := newSlots(runtime.GOMAXPROCS(0))
	for range runtime.GOMAXPROCS(0) {
		s.Enter()
	}
	s.without(func() {
		if !s.Try() {
			t.Error("no core is free while one waits")
		}
		s.Leave()
	})
	if s.Try() {
		t.Error("the core was not taken again")
	}
}
