package creds

import (
	"context"
	"fmt"
	"time"

	"sluice/internal/contain"
)

// retrieval is a request to the provider that all callers share; done is closed when its result is published.
type retrieval struct {
	done  chan struct{}
	creds Credentials
	err   error
}

// join returns the retrieval under way, or starts one. While a failure is too recent to ask again, it returns no
// retrieval but the last error. seen is the snapshot that the caller found due.
func (c *Cache) join(seen *snapshot, now time.Time) (*retrieval, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.snapshot.Load(); s != nil && s != seen && !s.refused {
		return completed(s.creds), nil // since the caller looked
	}
	switch {
	case c.retrieval != nil:
		return c.retrieval, nil
	case c.stopping || c.ctx.Err() != nil:
		return nil, ErrClosed
	case c.providerBusy || within(c.backoff, c.failedAt, now):
		return nil, c.lastErr
	}
	r := &retrieval{done: make(chan struct{})}
	c.retrieval, c.providerBusy = r, true
	c.retrievals.Go(func() { c.run(r) })
	return r, nil
}

// completed returns a retrieval that is over.
func completed(found Credentials) *retrieval {
	r := &retrieval{done: make(chan struct{}), creds: found}
	close(r.done)
	return r
}

// run retrieves credentials and publishes the result.
func (c *Cache) run(r *retrieval) {
	ctx, cancel := context.WithTimeout(c.ctx, c.opts.Timeout)
	defer cancel()
	found, err := c.callProvider(ctx)
	now := c.opts.Now()
	if err == nil {
		if err = found.check(now); err != nil {
			err = fmt.Errorf("credentials from %s: %w", found.Source, err)
		}
	}
	c.publish(r, found, err, now)
}

// grace is how long to wait for a provider beyond its deadline.
const grace = time.Second

// callProvider abandons a provider that does not return at its deadline, for example because a file system hangs. The
// provider is not called again until it has returned, so that at most one goroutine hangs.
func (c *Cache) callProvider(ctx context.Context) (Credentials, error) {
	type result struct {
		found Credentials
		err   error
	}
	returned := make(chan result, 1)
	go func() {
		var found Credentials
		err := contain.Do(func() (err error) {
			found, err = c.opts.Provider.Retrieve(ctx)
			return err
		})
		c.mu.Lock()
		c.providerBusy = false
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
		return Credentials{}, fmt.Errorf("the source of credentials did not return within %v and is not asked again "+
			"until it does: %w", c.opts.Timeout, ctx.Err())
	}
}

// publish ends a retrieval and notifies subscribers.
func (c *Cache) publish(r *retrieval, found Credentials, err error, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer close(r.done)
	defer c.scheduleRefresh(now)
	c.retrieval = nil
	old := c.snapshot.Load()
	var previous Credentials
	if old != nil {
		previous = old.creds
	}
	if err == nil {
		r.creds = found
		c.failures, c.backoff, c.lastErr = 0, 0, nil
		c.snapshot.Store(c.newSnapshot(found, now))
		c.subscribers.retrieved(previous, found)
		return
	}
	r.err = err
	c.lastErr, c.failedAt, c.backoff = err, now, c.nextBackoff(old, now)
	c.failures++
	switch {
	case c.ctx.Err() != nil: // the cache was closed, which says nothing about the source
	case !c.servable(old, now):
		c.subscribers.failed(Update{Previous: previous, Err: err})
	case previous.Expired(now):
		c.subscribers.failed(Update{Credentials: previous, Err: err})
	}
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
