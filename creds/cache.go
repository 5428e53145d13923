package creds

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// ErrClosed is what a closed Cache answers.
var ErrClosed = errors.New("the credentials' cache is closed")

// Mode says who waits for a refresh that is due but does not press.
type Mode int32

const (
	// Async refreshes in the background; callers keep the old credentials
	// meanwhile.
	Async Mode = iota
	// Sync makes whoever finds a refresh due wait for it: nothing goes on behind
	// the callers' backs.
	Sync
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
	// Timeout bounds a retrieval, of a provider that ignores its context, too;
	// default 30 s.
	Timeout time.Duration
	// MaxBackoff bounds the wait between failures, which begins with a second and
	// doubles, less up to a half; default 1 min.
	MaxBackoff time.Duration
	// Stable keeps credentials beyond their expiry while the provider fails
	// ("static stability"), for sources whose outage says nothing of the keys; the
	// provider is then asked once in 10 to 15 min. While the credentials live, it
	// is asked again when Mandatory begins, and more often from then on.
	Stable bool
	// KeepFresh refreshes credentials that were retrieved once without being asked, when
	// Advisory begins: the first caller after a long silence does not wait.
	KeepFresh bool

	Now    func() time.Time // default time.Now
	Random func() float64   // in [0, 1); default math/rand/v2
	Report func(error)      // is told of subscribers that panic; default log/slog's logger
}

// Cache keeps a provider's credentials and refreshes them ahead of their
// expiry. Readers of fresh credentials take no lock. There is one retrieval at a
// time, with a deadline of its own: callers wait for it with their contexts, and
// none of them can cancel it for the others.
type Cache struct {
	opts     CacheOptions
	mode     atomic.Int32
	snapshot atomic.Pointer[snapshot] // never holds a blank

	life    context.Context // ends with Close
	end     context.CancelFunc
	flights sync.WaitGroup

	mu          sync.Mutex    // guards what follows
	flight      *flight       // nil when nothing is being retrieved
	asking      bool          // the provider, which may go on when the flight has ended
	finished    bool          // nothing new is begun
	failures    int           // in a row
	failedAt    time.Time     // last
	wait        time.Duration // from failedAt to the next retrieval
	lastErr     error
	invalidated time.Time   // when Invalidate last had an effect
	timer       *time.Timer // of KeepFresh, nil before there is something to refresh
	subscribers subscribers
}

// snapshot is immutable.
type snapshot struct {
	creds               Credentials
	advisory, mandatory time.Time // zero: never
	refused             bool      // by the service: it is due, whatever the time
}

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
	if o.MaxBackoff == 0 {
		o.MaxBackoff = time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	if o.Report == nil {
		o.Report = func(err error) { slog.Error("a subscriber to credentials failed", "error", err) }
	}
	c := &Cache{opts: o}
	c.subscribers.calls.Report = o.Report
	c.life, c.end = context.WithCancel(context.Background())
	return c
}

// SetMode changes who waits for a refresh; the default is Async.
func (c *Cache) SetMode(m Mode) { c.mode.Store(int32(m)) }

// Subscribe has f told, in order, of every change. f is called by another
// goroutine, must not block, and may Retrieve and Close. stop ends it; f may still
// be called by what is under way.
func (c *Cache) Subscribe(f func(Update)) (stop func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.subscribers.add(f)
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.subscribers.remove(id)
	}
}

// Close stops what is under way and waits for it, for a provider that ignores its
// context no longer than a second. Subscribers hear nothing afterwards; a call that
// has begun may go on, for it may be the one that closes. Retrieve returns ErrClosed
// afterwards, unless fresh credentials are there.
func (c *Cache) Close() {
	c.mu.Lock()
	c.end()
	c.rest()
	c.subscribers.calls.Close()
	c.mu.Unlock()
	c.flights.Wait()
}

// Finish lets what is under way end by itself, which Close would stop, and closes
// the cache.
func (c *Cache) Finish() {
	c.mu.Lock()
	c.finished = true
	c.rest()
	c.mu.Unlock()
	c.flights.Wait()
	c.Close()
}

// Retrieve returns fresh credentials at once, or credentials whose refresh it
// has started in the background, or waits for a retrieval. If that fails, or is not
// over before ctx ends, it returns the old ones while they live (with Stable,
// longer), or the error.
func (c *Cache) Retrieve(ctx context.Context) (Credentials, error) {
	s := c.snapshot.Load()
	good := s != nil && !s.refused
	if good && s.advisory.IsZero() {
		return s.creds, nil
	}
	now := c.opts.Now()
	if good && now.Before(s.advisory) {
		return s.creds, nil
	}
	f, err := c.join(s, now)
	if good && now.Before(s.mandatory) && Mode(c.mode.Load()) == Async {
		return s.creds, nil
	}
	if f == nil {
		return c.old(s, now, err)
	}
	select {
	case <-f.done:
	case <-ctx.Done():
		return c.old(c.snapshot.Load(), c.opts.Now(), fmt.Errorf("wait for credentials: %w", ctx.Err()))
	}
	if f.err != nil {
		return c.old(s, c.opts.Now(), f.err)
	}
	return f.creds, nil
}

// old returns credentials that could not be refreshed if they may still be
// handed out, or why they could not.
func (c *Cache) old(s *snapshot, now time.Time, err error) (Credentials, error) {
	if c.serves(s, now) {
		return s.creds, nil
	}
	return Credentials{}, err
}

// serves tells whether a snapshot that could not be refreshed is still handed
// out. A key that the service has refused is not kept beyond its end.
func (c *Cache) serves(s *snapshot, now time.Time) bool {
	return s != nil && (!s.creds.Expired(now) || c.opts.Stable && !s.refused)
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
	if s == nil || !s.creds.sameKey(used) || within(invalidateEvery, c.invalidated, now) {
		return false
	}
	c.invalidated, c.wait = now, 0
	c.snapshot.Store(&snapshot{creds: s.creds, refused: true})
	return true
}
