package output

import (
	"runtime"
	"sync"
)

// semaphore limits how many cores encoding uses: encode_workers, and at a stop, when time
// is short, all that there are. It is safe for concurrent use.
type semaphore struct {
	used     chan struct{}
	reserved int // slots held back until useAllCores
	once     sync.Once
}

func newSemaphore(n int) *semaphore {
	most := max(n, runtime.GOMAXPROCS(0))
	s := &semaphore{used: make(chan struct{}, most), reserved: most - n}
	for range s.reserved {
		s.Acquire()
	}
	return s
}

// useAllCores raises the limit to the number of cores.
func (s *semaphore) useAllCores() {
	s.once.Do(func() {
		for range s.reserved {
			s.Release()
		}
	})
}

// Acquire waits for a core.
func (s *semaphore) Acquire() { s.used <- struct{}{} }

// Release frees it.
func (s *semaphore) Release() { <-s.used }

// TryAcquire takes a core if one is free, and reports whether it did.
func (s *semaphore) TryAcquire() bool {
	select {
	case s.used <- struct{}{}:
		return true
	default:
		return false
	}
}

// yield releases the core while f blocks.
func (s *semaphore) yield(f func()) {
	s.Release()
	defer s.Acquire()
	f()
}
