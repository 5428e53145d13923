package credentials

import (
	"sync"
	"time"
)

// crowd holds requests until there are enough of them.
type crowd struct {
	full chan struct{}

	mu      sync.Mutex // guards what follows
	missing int
}

// join returns when the crowd is full, or after a while: a crowd that never fills must fail the test and not hang it.
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
