package creds

import "time"

// Bounds of the time between two looks at what is due. Clocks are set, and timers stand still while a machine sleeps.
const (
	minSleep = time.Second
	maxSleep = 10 * time.Minute
)

// scheduleRefresh sets the timer for the next refresh, if the cache keeps itself fresh and has something to refresh. A
// key that the service has refused is refreshed by those who use it. It is called with mu held.
func (c *Cache) scheduleRefresh(now time.Time) {
	s := c.snapshot.Load()
	if !c.opts.KeepFresh || c.stopping || c.ctx.Err() != nil || s == nil || s.refused || s.advisory.IsZero() {
		return
	}
	due := s.advisory
	if retry := c.failedAt.Add(c.backoff); within(c.backoff, c.failedAt, now) && retry.After(due) {
		due = retry
	}
	sleep := min(max(due.Sub(now), minSleep), maxSleep)
	if c.timer == nil {
		c.timer = time.AfterFunc(sleep, c.refresh)
		return
	}
	c.timer.Reset(sleep)
}

// refresh starts a retrieval if one is due; publishing its result schedules the next refresh.
func (c *Cache) refresh() {
	now := c.opts.Now()
	s := c.snapshot.Load()
	if s.refused {
		return
	}
	if !now.Before(s.advisory) {
		if r, _ := c.join(s, now); r != nil {
			return
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.scheduleRefresh(now)
}

// stopTimer stops refreshing. It is called with mu held.
func (c *Cache) stopTimer() {
	if c.timer != nil {
		c.timer.Stop()
	}
}
