package credentials

import (
	"sync"
	"time"
)

// crowd holds requests until so many are there.
type crowd struct {
	full chan struct{}

	mu      sync.Mutex // guards what follows
	missing int
}

// join returns when the crowd is full; after a while in any case, so that a crowd that is never full fails a test
// instead of hanging it.
func (c *crowd) join() {
	c.mu.Lock()
	c.missing--
	if c.missing == 0 {
		close(c.full)
	}
	c.mu.Unlock()
	select {
	case <-c.full:
	case <-time.After(plenty / 2):
	}
}
