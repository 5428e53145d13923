package creds_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"sluice/creds"
)

// TestLiveKeyIsHandedOut: a valid key is served, however little time a caller has and whatever the source does.
func TestLiveKeyIsHandedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Hour}
		c := creds.NewCache(creds.CacheOptions{Provider: s, Random: func() float64 { return 0.5 }})
		defer c.Close()
		key(t, c)
		s.delay = time.Hour // it does not answer
		time.Sleep(time.Hour - 5*time.Minute)
		for time.Sleep(time.Second); s.calls.Load() < 5; time.Sleep(400 * time.Millisecond) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			got, err := c.Retrieve(ctx)
			cancel()
			if err != nil || got.AccessKeyID != "AKIA1" {
				t.Fatalf("%v, %v with minutes left, want the old key", got, err)
			}
		}
		time.Sleep(5 * time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if got, err := c.Retrieve(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, %v after its expiry, want the caller's deadline", got, err)
		}
	})
}

// TestOneFailure: after a single failure of a source with static stability, no expired key is served.
func TestOneFailure(t *testing.T) {
	for seed := range uint64(300) {
		synctest.Test(t, func(t *testing.T) {
			s := &source{life: 6 * time.Hour}
			c := creds.NewCache(creds.CacheOptions{
				Provider:        s,
				StaticStability: true,
				Random:          rand.New(rand.NewPCG(seed, 1)).Float64,
			})
			defer c.Close()
			first, err := c.Retrieve(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			s.fail.Store(true)
			for ; time.Now().Before(first.Expires.Add(3 * time.Minute)); time.Sleep(5 * time.Second) {
				got, err := c.Retrieve(t.Context())
				synctest.Wait()
				if s.calls.Load() == 2 {
					s.fail.Store(false)
				}
				if err != nil || got.Expired(time.Now()) {
					t.Fatalf("seed %d: %v, %v at %v after its end", seed, got, err, time.Since(got.Expires))
				}
			}
			if s.calls.Load() < 3 {
				t.Fatalf("seed %d: %d retrievals, want one that failed and one more", seed, s.calls.Load())
			}
		})
	}
}

// TestSourceIsAskedAtExpiry: when a key expires, its source is asked once more, even if it has just failed.
func TestSourceIsAskedAtExpiry(t *testing.T) {
	for _, stable := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := &source{life: time.Hour}
			c := creds.NewCache(creds.CacheOptions{Provider: s, StaticStability: stable})
			defer c.Close()
			first, err := c.Retrieve(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			s.fail.Store(true)
			for ; time.Until(first.Expires) > 5*time.Second; time.Sleep(5 * time.Second) {
				c.Retrieve(t.Context())
				synctest.Wait()
			}
			s.fail.Store(false)
			time.Sleep(time.Until(first.Expires))
			if got, err := c.Retrieve(t.Context()); err != nil || got.AccessKeyID == first.AccessKeyID {
				t.Errorf("stable %v: %v, %v at the end of a key, want a new one", stable, got, err)
			}
		})
	}
}
