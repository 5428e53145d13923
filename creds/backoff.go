package creds

import "time"

// The waits after a failure.
const (
	minBackoff    = time.Second
	stableBackoff = 10 * time.Minute // with static stability, and up to stableJitter more
	stableJitter  = 5 * time.Minute
)

// nextBackoff returns how long to wait after a failure. While a key is valid, the source is asked again in time: at the
// latest when callers begin to wait, and when the key expires. Up to a half of the wait is random, so that a fleet does
// not ask in step. It is called with mu held.
func (c *Cache) nextBackoff(s *snapshot, now time.Time) time.Duration {
	full := min(minBackoff<<min(c.failures, 10), c.opts.MaxBackoff)
	if s != nil && s.refused { // refused requests decide when to ask, once a minute
		return full
	}
	wait := full/2 + time.Duration(c.opts.Random()*float64(full/2))
	if s == nil || !s.creds.CanExpire() {
		return wait
	}
	left := s.creds.Expires.Sub(now)
	long := stableBackoff + time.Duration(c.opts.Random()*float64(stableJitter))
	switch {
	case c.opts.StaticStability && left <= 0:
		return long
	case c.opts.StaticStability && now.Before(s.mandatory):
		return max(wait, min(long, s.mandatory.Sub(now)))
	case left > 0:
		return min(wait, left)
	}
	return wait
}

// within reports whether less than d has passed since a moment. A clock that is set back does not prolong it.
func within(d time.Duration, since, now time.Time) bool {
	passed := now.Sub(since)
	return passed >= 0 && passed < d
}
