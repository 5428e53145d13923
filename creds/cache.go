package creds

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// Cache keeps a provider's credentials and refreshes them before they expire. Readers of fresh credentials take no
// lock. There is one retrieval at a time, with a deadline of its own: callers wait for it with their contexts, and none
// can cancel it for the others.
type Cache struct {
	opts     CacheOptions
	mode     atomic.Int32
	snapshot atomic.Pointer[snapshot] // never of incomplete credentials

	ctx        context.Context // canceled by Close
	cancel     context.CancelFunc
	retrievals sync.WaitGroup

	mu           sync.Mutex    // guards what follows
	retrieval    *retrieval    // the one under way, nil if there is none
	providerBusy bool          // the provider has not returned; it may outlast the retrieval
	stopping     bool          // no retrieval starts any more
	failures     int           // in a row
	failedAt     time.Time     // the last time
	backoff      time.Duration // from failedAt to the next retrieval
	lastErr      error
	invalidated  time.Time   // when Invalidate last had an effect
	timer        *time.Timer // for KeepFresh; nil until there is something to refresh
	subscribers  subscribers
}

// snapshot is immutable.
type snapshot struct {
	creds     Credentials
	advisory  time.Time // when a refresh is due; zero: never
	mandatory time.Time // when callers wait for it; zero: never
	refused   bool      // by the service: a refresh is due, whatever the time
}

// NewCache returns a cache. It retrieves nothing until it is asked.
func NewCache(o CacheOptions) *Cache {
	c := &Cache{opts: o.withDefaults()}
	c.subscribers.calls.OnPanic = c.opts.OnPanic
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// SetMode selects whether callers wait for an advisory refresh; the default is Async.
func (c *Cache) SetMode(m Mode) { c.mode.Store(int32(m)) }

// Close cancels the retrieval under way and waits for it, at most a second for a provider that ignores its context.
// Subscribers are not called any more; a call that has begun may continue, since it may be the one that closes.
// Retrieve then returns ErrClosed, unless the cache holds fresh credentials.
func (c *Cache) Close() {
	c.mu.Lock()
	c.cancel()
	c.stopTimer()
	c.subscribers.calls.Close()
	c.mu.Unlock()
	c.retrievals.Wait()
}

// Shutdown waits for the retrieval under way, which Close would cancel, and then closes the cache.
func (c *Cache) Shutdown() {
	c.mu.Lock()
	c.stopping = true
	c.stopTimer()
	c.mu.Unlock()
	c.retrievals.Wait()
	c.Close()
}

// Retrieve returns fresh credentials at once, or credentials whose refresh it has started in the background, or waits
// for a retrieval. If that fails or does not end before ctx, it returns the old credentials while they are valid (with
// StaticStability, longer), or else the error.
func (c *Cache) Retrieve(ctx context.Context) (Credentials, error) {
	s := c.snapshot.Load()
	usable := s != nil && !s.refused
	if usable && s.advisory.IsZero() {
		return s.creds, nil
	}
	now := c.opts.Now()
	if usable && now.Before(s.advisory) {
		return s.creds, nil
	}
	r, err := c.join(s, now)
	if usable && now.Before(s.mandatory) && Mode(c.mode.Load()) == Async {
		return s.creds, nil
	}
	if r == nil {
		return c.fallback(s, now, err)
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		return c.fallback(c.snapshot.Load(), c.opts.Now(), fmt.Errorf("wait for credentials: %w", ctx.Err()))
	}
	if r.err != nil {
		return c.fallback(s, c.opts.Now(), r.err)
	}
	return r.creds, nil
}

// fallback returns credentials that could not be refreshed if they may still be used, or else err.
func (c *Cache) fallback(s *snapshot, now time.Time, err error) (Credentials, error) {
	if c.servable(s, now) {
		return s.creds, nil
	}
	return Credentials{}, err
}

// servable reports whether a snapshot that could not be refreshed may still be used. A key that the service has refused
// is not used beyond its expiry.
func (c *Cache) servable(s *snapshot, now time.Time) bool {
	return s != nil && (!s.creds.Expired(now) || c.opts.StaticStability && !s.refused)
}

// invalidateInterval is the shortest time between two invalidations.
const invalidateInterval = time.Minute

// Invalidate tells the cache that the service refused these credentials. If the cache still holds them, the next
// Retrieve waits for new ones; this happens at most once a minute, so that refusals for other reasons cause no storm.
// Invalidate reports whether it had an effect.
func (c *Cache) Invalidate(used Credentials) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.opts.Now()
	s := c.snapshot.Load()
	if s == nil || !s.creds.SameKey(used) || within(invalidateInterval, c.invalidated, now) {
		return false
	}
	c.invalidated, c.backoff = now, 0
	c.snapshot.Store(&snapshot{creds: s.creds, refused: true})
	return true
}

// Format writes no secret, for every verb.
func (c *Cache) Format(f fmt.State, _ rune) { io.WriteString(f, "cache of credentials") }
