package creds

import (
	"context"
	"fmt"
	"sluice/internal/contain"
	"time"
)

// flight is a retrieval; done is closed when its result is published.
type flight struct {
	done  chan struct{}
	creds Credentials
	err   error
}

// join returns the retrieval that is under way, or starts one. It returns none,
// but the last error, while a failure is too recent to ask again. seen is the
// snapshot that the caller found wanting.
func (c *Cache) join(seen *snapshot, now time.Time) (*flight, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.snapshot.Load(); s != nil && s != seen && !s.refused {
		return landed(s.creds), nil // it has landed since the caller looked
	}
	switch {
	case c.flight != nil:
		return c.flight, nil
	case c.finished || c.life.Err() != nil:
		return nil, ErrClosed
	case c.asking || within(c.wait, c.failedAt, now):
		return nil, c.lastErr
	}
	f := &flight{done: make(chan struct{})}
	c.flight, c.asking = f, true
	c.flights.Go(func() { c.fly(f) })
	return f, nil
}

// landed is a flight that is over.
func landed(found Credentials) *flight {
	f := &flight{done: make(chan struct{}), creds: found}
	close(f.done)
	return f
}

// fly retrieves and publishes.
func (c *Cache) fly(f *flight) {
	ctx, cancel := context.WithTimeout(c.life, c.opts.Timeout)
	defer cancel()
	found, err := c.retrieve(ctx)
	now := c.opts.Now()
	if err == nil {
		if err = found.check(now); err != nil {
			err = fmt.Errorf("credentials from %s: %w", found.Source, err)
		}
	}
	c.publish(f, found, err, now)
}

// grace is how long a provider is awaited whose time is up.
const grace = time.Second

// retrieve asks the provider. One that does not return when its time is up, because
// a file system hangs, say, is abandoned; it is not asked again before it has
// returned, so that no more than one goroutine hangs there.
func (c *Cache) retrieve(ctx context.Context) (Credentials, error) {
	type result struct {
		found Credentials
		err   error
	}
	returned := make(chan result, 1)
	go func() {
		found, err := c.ask(ctx)
		c.mu.Lock()
		c.asking = false
		c.mu.Unlock()
		returned <- result{found, err}
	}()
	select {
	case r := <-returned:
		return r.found, r.err
	case <-ctx.Done():
	}
	select {
	case r := <-returned:
		return r.found, r.err
	case <-time.After(grace):
		return Credentials{}, fmt.Errorf("the source of credentials has not returned within %v, and is not asked again before it has: %w", c.opts.Timeout, ctx.Err())
	}
}

func (c *Cache) ask(ctx context.Context) (found Credentials, err error) {
	err = contain.Do(func() (err error) {
		found, err = c.opts.Provider.Retrieve(ctx)
		return err
	})
	return found, err
}

// publish ends a flight, and has subscribers told.
func (c *Cache) publish(f *flight, found Credentials, err error, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer close(f.done)
	defer c.schedule(now)
	c.flight = nil
	before := c.snapshot.Load()
	if err == nil {
		f.creds = found
		c.failures, c.wait, c.lastErr = 0, 0, nil
		after := c.newSnapshot(found, now)
		c.snapshot.Store(after)
		c.subscribers.changed(before, after)
		return
	}
	f.err = err
	c.failed(before, err, now)
	switch {
	case c.life.Err() != nil: // the cache was closed, which says nothing of the source
	case !c.serves(before, now):
		c.subscribers.failed(Update{Previous: had(before), Err: err})
	case before.creds.Expired(now):
		c.subscribers.failed(Update{Credentials: before.creds, Err: err})
	}
}

// had returns what a snapshot has, blank if there is none.
func had(s *snapshot) Credentials {
	if s == nil {
		return Credentials{}
	}
	return s.creds
}

// Bounds of what a Cache waits after failures and invalidations.
const (
	minBackoff      = time.Second
	stableBackoff   = 10 * time.Minute // and up to 5 min more
	invalidateEvery = time.Minute
)

// failed sets when to ask again. It is called with mu held.
func (c *Cache) failed(s *snapshot, err error, now time.Time) {
	c.lastErr = err
	c.failedAt, c.wait = now, c.pause(s, now)
	c.failures++
}

// pause is how long a source that failed is left alone. While a key lives, it is
// asked again in time: at the latest when callers begin to wait, and when the key
// ends. Up to a half of the pause is left to chance, so that a fleet does not ask
// in step.
func (c *Cache) pause(s *snapshot, now time.Time) time.Duration {
	whole := min(minBackoff<<min(c.failures, 10), c.opts.MaxBackoff)
	if s != nil && s.refused { // requests tell when to ask, once a minute
		return whole
	}
	wait := whole/2 + time.Duration(c.opts.Random()*float64(whole/2))
	if s == nil || !s.creds.CanExpire() {
		return wait
	}
	left := s.creds.Expires.Sub(now)
	long := stableBackoff + time.Duration(c.opts.Random()*float64(5*time.Minute))
	switch {
	case c.opts.Stable && left <= 0:
		return long
	case c.opts.Stable && now.Before(s.mandatory):
		return max(wait, min(long, s.mandatory.Sub(now)))
	case left > 0:
		return min(wait, left)
	}
	return wait
}

// within tells whether less than d has passed since a moment. A clock that was
// set back does not prolong it.
func within(d time.Duration, since, now time.Time) bool {
	passed := now.Sub(since)
	return passed >= 0 && passed < d
}

func (c *Cache) newSnapshot(found Credentials, now time.Time) *snapshot {
	s := &snapshot{creds: found}
	if found.CanExpire() {
		life := found.Expires.Sub(now)
		advisory := min(c.opts.Advisory, life/4)
		mandatory := min(c.opts.Mandatory, life/12)
		jitter := time.Duration((c.opts.Random() - 0.5) / 5 * float64(advisory))
		s.advisory, s.mandatory = found.Expires.Add(-advisory+jitter), found.Expires.Add(-mandatory)
	}
	return s
}
