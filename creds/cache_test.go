package creds_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sluice/creds"
)

// source counts its retrievals and returns keys that are valid for life.
type source struct {
	life  time.Duration
	delay time.Duration
	fail  atomic.Bool
	calls atomic.Int64
}

var errSource = errors.New("the source is down")

func (s *source) Retrieve(ctx context.Context) (creds.Credentials, error) {
	n := s.calls.Add(1)
	select {
	case <-time.After(s.delay):
	case <-ctx.Done():
		return creds.Credentials{}, ctx.Err()
	}
	if s.fail.Load() {
		return creds.Credentials{}, errSource
	}
	c := creds.Credentials{AccessKeyID: fmt.Sprintf("AKIA%d", n), SecretAccessKey: "secret", Source: "test"}
	if s.life > 0 {
		c.Expires = time.Now().Add(s.life)
	}
	return c, nil
}

// key retrieves once and returns the key's ID.
func key(t *testing.T, c *creds.Cache) string {
	t.Helper()
	got, err := c.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return got.AccessKeyID
}

func TestCacheWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: 6 * time.Hour, delay: time.Second}
		c := creds.NewCache(creds.CacheOptions{Provider: s, Random: func() float64 { return 0.5 }})
		if got := key(t, c); got != "AKIA1" {
			t.Fatalf("first key is %s", got)
		}
		time.Sleep(6*time.Hour - 15*time.Minute - 2*time.Second)
		if got := key(t, c); got != "AKIA1" || s.calls.Load() != 1 {
			t.Errorf("before the advisory window: %s after %d calls", got, s.calls.Load())
		}
		time.Sleep(2 * time.Second)
		start := time.Now()
		if got := key(t, c); got != "AKIA1" || time.Since(start) > 0 {
			t.Errorf("in the advisory window: %s after %v, want the old one at once", got, time.Since(start))
		}
		time.Sleep(2 * time.Second) // the background refresh has finished
		if got := key(t, c); got != "AKIA2" || s.calls.Load() != 2 {
			t.Errorf("after the refresh: %s after %d calls", got, s.calls.Load())
		}
		time.Sleep(6*time.Hour - 4*time.Minute)
		if got := key(t, c); got != "AKIA3" {
			t.Errorf("in the mandatory window: %s, want to wait for the new one", got)
		}
	})
}

func TestCacheShortLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: 5 * time.Minute}
		c := creds.NewCache(creds.CacheOptions{Provider: s})
		for range 60 * 60 {
			key(t, c)
			time.Sleep(time.Second)
		}
		if n := s.calls.Load(); n < 12 || n > 20 {
			t.Errorf("%d retrievals in an hour of 5-minute keys", n)
		}
	})
}

func TestCacheOutage(t *testing.T) {
	for _, stable := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := &source{life: time.Hour}
			c := creds.NewCache(creds.CacheOptions{Provider: s, StaticStability: stable})
			key(t, c)
			s.fail.Store(true)
			time.Sleep(59 * time.Minute)
			if got := key(t, c); got != "AKIA1" {
				t.Errorf("while it lives: %s", got)
			}
			time.Sleep(2 * time.Minute)
			got, err := c.Retrieve(t.Context())
			if stable && (err != nil || got.AccessKeyID != "AKIA1") {
				t.Errorf("stable, past its end: %v, %v", got, err)
			}
			if !stable && !errors.Is(err, errSource) {
				t.Errorf("past its end: %v, %v, want the source's error", got, err)
			}
			before := s.calls.Load()
			for range 24 * 60 * 6 {
				c.Retrieve(t.Context())
				time.Sleep(10 * time.Second)
			}
			if n := s.calls.Load() - before; stable && n > 24*6 {
				t.Errorf("stable: %d retrievals in a day of outage, want one in 10 minutes at most", n)
			}
			s.fail.Store(false)
			time.Sleep(15 * time.Minute)
			if got := key(t, c); got == "AKIA1" {
				t.Error("the old key is still there after the outage")
			}
		})
	}
}

func TestCacheSingleFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{delay: time.Second}
		c := creds.NewCache(creds.CacheOptions{Provider: s})
		impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := c.Retrieve(impatient); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the impatient caller got %v", err)
			}
		})
		synctest.Wait()
		for range 100 {
			wg.Go(func() {
				if _, err := c.Retrieve(t.Context()); err != nil {
					t.Errorf("a patient caller got %v", err)
				}
			})
		}
		wg.Wait()
		if n := s.calls.Load(); n != 1 {
			t.Errorf("%d retrievals, want 1", n)
		}
	})
}

// TestMaxBackoff: a source that fails is asked less and less often, but at least once per MaxBackoff. The waits are cut
// by up to a half, so that a fleet does not ask in step.
func TestMaxBackoff(t *testing.T) {
	for random, want := range map[float64]string{
		0.9999: "[1 2 2 3 3 3 3 4 4 4 4 5 5 5 5 6]", // after 1, 2, 4, 4, 4 … seconds
		0:      "[1 2 3 3 4 4 5 5 6 6 7 7 8 8 9 9]", // after 0.5, 1, 2, 2, 2 … seconds
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &source{}
			s.fail.Store(true)
			c := creds.NewCache(creds.CacheOptions{
				Provider:   s,
				MaxBackoff: 4 * time.Second,
				Random:     func() float64 { return random },
			})
			var asked []int64
			for range 16 {
				c.Retrieve(t.Context())
				asked = append(asked, s.calls.Load())
				time.Sleep(time.Second)
			}
			if got := fmt.Sprint(asked); got != want {
				t.Errorf("with %v, calls by second: %s, want %s", random, got, want)
			}
		})
	}
}

func TestInvalidate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{}
		c := creds.NewCache(creds.CacheOptions{Provider: s})
		first, err := c.Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if c.Invalidate(creds.Credentials{AccessKeyID: "another"}) {
			t.Error("a key that is not held was invalidated")
		}
		if !c.Invalidate(first) {
			t.Error("the key was not invalidated")
		}
		second, err := c.Retrieve(t.Context())
		if err != nil || second == first {
			t.Errorf("after Invalidate: %v, %v", second, err)
		}
		if c.Invalidate(second) {
			t.Error("invalidated twice in a minute")
		}
		time.Sleep(time.Minute)
		if !c.Invalidate(second) {
			t.Error("not invalidated after a minute")
		}
	})
}

type blank struct{ creds.Credentials }

func (b blank) Retrieve(context.Context) (creds.Credentials, error) { return b.Credentials, nil }

func TestNeverABlank(t *testing.T) {
	for name, c := range map[string]creds.Credentials{
		"empty":   {},
		"half":    {AccessKeyID: "AKIA"},
		"expired": {AccessKeyID: "AKIA", SecretAccessKey: "s", Expires: time.Unix(1, 0)},
	} {
		got, err := creds.NewCache(creds.CacheOptions{Provider: blank{c}}).Retrieve(t.Context())
		if err == nil || got != (creds.Credentials{}) {
			t.Errorf("%s: Retrieve = %v, %v, want an error", name, got, err)
		}
	}
}

func TestCachedRetrieveAllocatesNothing(t *testing.T) {
	c := creds.NewCache(creds.CacheOptions{Provider: &source{life: time.Hour}})
	key(t, c)
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() { c.Retrieve(ctx) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestRefusedKeyAndAClockSetBack: a refused key is due whatever the time. A clock that is set back must not make it
// fresh.
func TestRefusedKeyAndAClockSetBack(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	s := &metadataDay{life: 100 * 365 * 24 * time.Hour}
	c := creds.NewCache(creds.CacheOptions{Provider: s, Now: func() time.Time { return now }})
	defer c.Close()
	first := old(t, c)
	if !c.Invalidate(first) {
		t.Fatal("the refusal had no effect")
	}
	now = now.Add(-3 * time.Hour)
	if got := old(t, c); got.AccessKeyID == first.AccessKeyID {
		t.Errorf("%v is handed out after its refusal", got)
	}
}
