package output

import (
	"runtime"
	"sync"
)

// slots are the cores that encoding may use: encode_workers, and all that there are
// when the output stops and nobody knows for how long it may. They are safe for
// concurrent use.
type slots struct {
	used chan struct{}
	kept int // of those in used: for the end
	once sync.Once
}

func newSlots(n int) *slots {
	most := max(n, runtime.GOMAXPROCS(0))
	s := &slots{used: make(chan struct{}, most), kept: most - n}
	for range s.kept {
		s.Enter()
	}
	return s
}

// all gives the rest of the cores away, too.
func (s *slots) all() {
	s.once.Do(func() {
		for range s.kept {
			s.Leave()
		}
	})
}

// Enter waits for a core.
func (s *slots) Enter() { s.used <- struct{}{} }

// Leave gives it back.
func (s *slots) Leave() { <-s.used }

// Try takes a core if there is one.
func (s *slots) Try() bool {
	select {
	case s.used <- struct{}{}:
		return true
	default:
		return false
	}
}

// without leaves while f is done, which waits for something.
func (s *slots) without(f func()) {
	s.Leave()
	defer s.Enter()
	f()
}
