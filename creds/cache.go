package creds

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// CacheOptions configure a Cache. Zero fields have the documented defaults.
type CacheOptions struct {
	Provider Provider // required
	// Advisory is how long before expiry a refresh begins in the background, ±10 %
	// so that a fleet does not ask at once; default 15 min, at most a quarter of
	// the credentials' life.
	Advisory time.Duration
	// Mandatory is how long before expiry callers wait for the refresh; default
	// 5 min, at most a twelfth of the life.
	Mandatory time.Duration
	// Timeout bounds a retrieval; default 30 s.
	Timeout time.Duration
	// Stable keeps credentials beyond their expiry while the provider fails
	// ("static stability"), for sources whose outage says nothing of the keys.
	Stable bool
	Now    func() time.Time // default time.Now
	Random func() float64   // in [0, 1); default math/rand/v2
}

// Cache keeps a provider's credentials and refreshes them ahead of their
// expiry. Readers of fresh credentials take no lock. There is one retrieval at a
// time, with a deadline of its own: callers wait for it with their contexts, and
// none of them can cancel it for the others.
type Cache struct {
	opts     CacheOptions
	snapshot atomic.Pointer[snapshot] // never holds a blank

	mu          sync.Mutex // guards what follows
	flight      *flight    // nil when nothing is being retrieved
	failures    int        // in a row
	notBefore   time.Time  // no new retrieval before this, after a failure
	lastErr     error
	invalidated time.Time // when Invalidate last had an effect
}

// snapshot is immutable.
type snapshot struct {
	creds               Credentials
	advisory, mandatory time.Time // zero: never
}

// flight is a retrieval; done is closed when its result is published.
type flight struct {
	done  chan struct{}
	creds Credentials
	err   error
}

// Bounds of what a Cache waits after failures and invalidations.
const (
	minBackoff      = time.Second
	maxBackoff      = time.Minute
	stableBackoff   = 10 * time.Minute // and up to 5 min more
	invalidateEvery = time.Minute
)

// NewCache makes a Cache; nothing is retrieved before it is asked.
func NewCache(o CacheOptions) *Cache {
	if o.Advisory == 0 {
		o.Advisory = 15 * time.Minute
	}
	if o.Mandatory == 0 {
		o.Mandatory = 5 * time.Minute
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	return &Cache{opts: o}
}

// Retrieve returns fresh credentials at once, or credentials whose refresh it
// has started in the background, or waits for a retrieval. If that fails, it
// returns the old ones while they live (with Stable, longer), or the error.
func (c *Cache) Retrieve(ctx context.Context) (Credentials, error) {
	now := c.opts.Now()
	s := c.snapshot.Load()
	if s != nil && (s.advisory.IsZero() || now.Before(s.advisory)) {
		return s.creds, nil
	}
	f, err := c.join(s, now)
	if s != nil && now.Before(s.mandatory) {
		return s.creds, nil
	}
	if f == nil {
		return c.old(s, now, err)
	}
	select {
	case <-f.done:
	case <-ctx.Done():
		return Credentials{}, fmt.Errorf("wait for credentials: %w", ctx.Err())
	}
	if f.err != nil {
		return c.old(s, c.opts.Now(), f.err)
	}
	return f.creds, nil
}

// old returns credentials that could not be refreshed if they may still be
// handed out, or why they could not.
func (c *Cache) old(s *snapshot, now time.Time, err error) (Credentials, error) {
	if s != nil && (c.opts.Stable || !s.creds.Expired(now)) {
		return s.creds, nil
	}
	return Credentials{}, err
}

// join returns the retrieval that is under way, or starts one. It returns none,
// but the last error, while a failure is too recent to ask again. seen is the
// snapshot that the caller found wanting.
func (c *Cache) join(seen *snapshot, now time.Time) (*flight, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.flight != nil {
		return c.flight, nil
	}
	if s := c.snapshot.Load(); s != nil && s != seen {
		return landed(s.creds), nil // it has landed since the caller looked
	}
	if now.Before(c.notBefore) {
		return nil, c.lastErr
	}
	f := &flight{done: make(chan struct{})}
	c.flight = f
	go c.fly(f)
	return f, nil
}

// landed is a flight that is over.
func landed(found Credentials) *flight {
	f := &flight{done: make(chan struct{}), creds: found}
	close(f.done)
	return f
}

func (c *Cache) fly(f *flight) {
	ctx, cancel := context.WithTimeout(context.Background(), c.opts.Timeout)
	defer cancel()
	found, err := c.retrieve(ctx)
	now := c.opts.Now()
	if err == nil {
		if err = found.check(now); err != nil {
			err = fmt.Errorf("credentials from %s: %w", found.Source, err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flight = nil
	f.creds, f.err = found, err
	if err != nil {
		f.creds = Credentials{}
		c.failed(err, now)
	} else {
		c.failures, c.notBefore, c.lastErr = 0, time.Time{}, nil
		c.snapshot.Store(c.newSnapshot(found, now))
	}
	close(f.done)
}

// retrieve asks the provider. A panic is an error: in a goroutine it would end
// the process.
func (c *Cache) retrieve(ctx context.Context) (found Credentials, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("retrieve credentials: panic: %v", p)
		}
	}()
	return c.opts.Provider.Retrieve(ctx)
}

// failed sets when to ask again. It is called with mu held.
func (c *Cache) failed(err error, now time.Time) {
	c.lastErr = err
	wait := min(minBackoff<<min(c.failures, 10), maxBackoff)
	c.failures++
	if s := c.snapshot.Load(); c.opts.Stable && s != nil && s.creds.Expired(now) {
		wait = stableBackoff + time.Duration(c.opts.Random()*float64(5*time.Minute))
	}
	if errors.Is(err, ErrNotConfigured) && c.snapshot.Load() == nil {
		wait = 0 // the Chain around asks the others, too, and paces itself
	}
	c.notBefore = now.Add(wait)
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

// Invalidate says that the service refused these credentials. If they are still
// the ones that the cache holds, the next Retrieve waits for new ones; at most
// once a minute, so that a refusal for other reasons causes no storm. It tells
// whether it had an effect.
func (c *Cache) Invalidate(used Credentials) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.opts.Now()
	s := c.snapshot.Load()
	if s == nil || s.creds.AccessKeyID != used.AccessKeyID || s.creds.SessionToken != used.SessionToken || now.Before(c.invalidated.Add(invalidateEvery)) {
		return false
	}
	c.invalidated, c.notBefore = now, time.Time{}
	stale := *s
	stale.advisory, stale.mandatory = now, now
	c.snapshot.Store(&stale)
	return true
}
