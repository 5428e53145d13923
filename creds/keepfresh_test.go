package creds_test

import (
	"testing"
	"testing/synctest"
	"time"

	"sluice/creds"
)

// TestKeepFresh: a key that was retrieved once is refreshed without further calls, so that the next caller does not
// wait. Without KeepFresh it does.
func TestKeepFresh(t *testing.T) {
	for _, keep := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			s := &source{life: time.Hour, delay: 5 * time.Second}
			cache := creds.NewCache(creds.CacheOptions{
				Provider:  s,
				KeepFresh: keep,
				Random:    func() float64 { return 0.5 },
			})
			time.Sleep(time.Hour)
			if n := s.calls.Load(); n != 0 {
				t.Errorf("%d retrievals before anyone asked", n)
			}
			key(t, cache)
			time.Sleep(5 * time.Hour)
			want := map[bool]int64{true: 7, false: 1}[keep] // every 45 min and 5 s
			if n := s.calls.Load(); int64(n) != want {
				t.Errorf("keep %v: %d retrievals in five silent hours, want %d", keep, n, want)
			}
			start := time.Now()
			key(t, cache)
			if waited := time.Since(start) > 0; waited == keep {
				t.Errorf("keep %v: the first caller after the silence waited: %v", keep, waited)
			}
			cache.Close()
			before := s.calls.Load()
			time.Sleep(5 * time.Hour)
			if n := s.calls.Load(); n != before {
				t.Errorf("%d retrievals after Close", n-before)
			}
		})
	}
}

// TestKeepFreshThroughAnOutage: a source that fails is asked again after each backoff, and the key is fresh once it
// recovers.
func TestKeepFreshThroughAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Hour}
		cache := creds.NewCache(creds.CacheOptions{Provider: s, KeepFresh: true, Random: func() float64 { return 0.5 }})
		defer cache.Close()
		key(t, cache)
		s.fail.Store(true)
		time.Sleep(2 * time.Hour)
		if n := s.calls.Load(); n < 60 || n > 200 {
			t.Errorf("a failing source was asked %d times in an hour and a quarter, want about once a minute", n)
		}
		s.fail.Store(false)
		time.Sleep(2 * time.Minute)
		got, err := cache.Retrieve(t.Context())
		if err != nil || got.Expired(time.Now()) {
			t.Errorf("two minutes after the outage: %v, %v", got, err)
		}
	})
}

// TestKeepFreshRefused: a key that the service has refused is renewed by those who use it, and then kept fresh again.
func TestKeepFreshRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Hour}
		cache := creds.NewCache(creds.CacheOptions{Provider: s, KeepFresh: true, Random: func() float64 { return 0.5 }})
		defer cache.Close()
		used, err := cache.Retrieve(t.Context())
		if err != nil || !cache.Invalidate(used) {
			t.Fatal("not invalidated", err)
		}
		time.Sleep(2 * time.Hour)
		if n := s.calls.Load(); n != 1 {
			t.Errorf("%d retrievals, want none until a caller asks for another key", n)
		}
		key(t, cache)
		time.Sleep(time.Hour)
		if n := s.calls.Load(); n != 3 {
			t.Errorf("%d retrievals in all, want the next one kept fresh", n)
		}
	})
}
