package creds

import "time"

// A cache that keeps itself fresh rests within these bounds: clocks are set, and timers
// stand still while a machine sleeps.
const (
	leastRest = time.Second
	mostRest  = 10 * time.Minute
)

// schedule has the cache refresh itself when that is due, if it is to keep itself
// fresh and has something to refresh. A key that the service has refused is left to
// those who use it. It is called with mu held.
func (c *Cache) schedule(now time.Time) {
	s := c.snapshot.Load()
	if !c.opts.KeepFresh || c.finished || c.life.Err() != nil || s == nil || s.refused || s.advisory.IsZero() {
		return
	}
	due := s.advisory
	if again := c.failedAt.Add(c.wait); within(c.wait, c.failedAt, now) && again.After(due) {
		due = again
	}
	rest := min(max(due.Sub(now), leastRest), mostRest)
	if c.timer == nil {
		c.timer = time.AfterFunc(rest, c.refresh)
		return
	}
	c.timer.Reset(rest)
}

// refresh asks the provider if it is time; what comes of it is published, which
// schedules the next one.
func (c *Cache) refresh() {
	now := c.opts.Now()
	s := c.snapshot.Load()
	if s.refused {
		return
	}
	if !now.Before(s.advisory) {
		if f, _ := c.join(s, now); f != nil {
			return
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.schedule(now)
}

// rest ends refreshing. It is called with mu held.
func (c *Cache) rest() {
	if c.timer != nil {
		c.timer.Stop()
	}
}
