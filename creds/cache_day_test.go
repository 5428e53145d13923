package creds_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sluice/creds"
)

// metadataDay is a source that can fail, and a service that can refuse its keys.
type metadataDay struct {
	life time.Duration

	mu    sync.Mutex // guards what follows
	away  bool
	asked []time.Time
}

func (m *metadataDay) Retrieve(context.Context) (creds.Credentials, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked = append(m.asked, time.Now())
	if m.away {
		return creds.Credentials{}, errSource
	}
	return creds.Credentials{
		AccessKeyID:     fmt.Sprintf("AKIA%d", len(m.asked)),
		SecretAccessKey: "s",
		Expires:         time.Now().Add(m.life),
		Source:          "test",
	}, nil
}

func (m *metadataDay) set(away bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away = away
}

// since returns when the source was asked from t on.
func (m *metadataDay) since(t time.Time) (asked []time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, at := range m.asked {
		if !at.Before(t) {
			asked = append(asked, at)
		}
	}
	return asked
}

// caller retrieves every ten seconds and checks that this never waits or fails.
type caller struct {
	t     *testing.T
	cache *creds.Cache
	keys  map[string]bool
}

func (c *caller) run(d time.Duration) {
	c.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(10 * time.Second) {
		start := time.Now()
		got, err := c.cache.Retrieve(c.t.Context())
		if err != nil {
			c.t.Fatalf("a caller failed: %v", err)
		}
		if waited := time.Since(start); waited > 0 {
			c.t.Errorf("a caller waited for %v", waited)
		}
		c.keys[got.AccessKeyID] = true
	}
}

func TestADayOfKeys(t *testing.T) {
	for _, life := range []time.Duration{6 * time.Hour, 5 * time.Minute} {
		t.Run(life.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { aDay(t, life) })
		})
	}
}

func aDay(t *testing.T, life time.Duration) {
	source := &metadataDay{life: life}
	cache := creds.NewCache(creds.CacheOptions{
		Provider:        source,
		StaticStability: true,
		Random:          rand.New(rand.NewPCG(1, 2)).Float64,
	})
	defer cache.Close()
	c := &caller{t, cache, map[string]bool{}}

	c.run(24 * time.Hour) // the source works
	window := min(15*time.Minute, life/4)
	want := int(24 * time.Hour / life)
	if n := len(source.since(time.Time{})); n < want || n > want+want/2+1 {
		t.Errorf("%d retrievals in a day of keys that live %v, want one for each", n, life)
	}
	if len(c.keys) < want {
		t.Errorf("callers saw %d keys, want %d", len(c.keys), want)
	}

	source.set(true) // the source fails
	gone, end := time.Now(), old(t, cache).Expires
	c.run(24 * time.Hour)
	asked := source.since(gone)
	for i := 1; i < len(asked); i++ {
		if pause := asked[i].Sub(asked[i-1]); pause < 10*time.Minute && asked[i-1].After(end) {
			t.Errorf("asked again after %v of an outage, want 10 minutes at least once the key has ended", pause)
		}
	}
	if want := int((24*time.Hour - life) / (16 * time.Minute)); len(asked) < want {
		t.Errorf("asked %d times in a day of outage, want %d", len(asked), want)
	}

	refusals(t, source, c)

	source.set(false) // it recovers
	back := time.Now()
	cache.Invalidate(old(t, cache))
	for time.Since(back) < 15*time.Minute && len(source.since(back)) == 0 {
		cache.Retrieve(t.Context())
		time.Sleep(10 * time.Second)
	}
	got, err := cache.Retrieve(t.Context())
	if err != nil || !got.Expires.After(time.Now().Add(life-window-time.Minute)) {
		t.Errorf("after the outage: %v, %v, want a fresh key within one window", got, err)
	}
}

// old returns what the cache serves, expired or not.
func old(t *testing.T, cache *creds.Cache) creds.Credentials {
	got, _ := cache.Retrieve(t.Context())
	return got
}

// refusals makes the service refuse an expired key for an hour of uploads.
func refusals(t *testing.T, source *metadataDay, c *caller) {
	dead := old(t, c.cache)
	if dead.AccessKeyID == "" || !dead.Expired(time.Now()) {
		t.Fatalf("%v is not the expired key of an outage", dead)
	}
	refused, effects := time.Now(), 0
	for ; time.Since(refused) < time.Hour; time.Sleep(time.Second) {
		if c.cache.Invalidate(dead) {
			effects++
		}
		if got, err := c.cache.Retrieve(t.Context()); err == nil {
			t.Fatalf("%v is served, expired, after the service has refused it", got)
		}
	}
	if effects == 0 || effects > 60 {
		t.Errorf("%d invalidations in an hour, want one a minute at most", effects)
	}
	if n := len(source.since(refused)); n == 0 || n > 70 {
		t.Errorf("%d retrievals in an hour of refusals, want about one a minute", n)
	}
}
