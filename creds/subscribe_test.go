package creds_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sluice/creds"
)

// heard returns updates as one line each.
func heard(u creds.Update) string {
	return strings.TrimSpace(fmt.Sprintf("%s->%s %v", u.Previous.AccessKeyID, u.Credentials.AccessKeyID, u.Err))
}

func TestSubscribe(t *testing.T) {
	for _, c := range []struct {
		stable bool
		want   []string // of an outage that begins after two keys
	}{
		{false, []string{"->AKIA1 <nil>", "AKIA1->AKIA2 <nil>", "AKIA2-> " + errSource.Error()}},
		{true, []string{"->AKIA1 <nil>", "AKIA1->AKIA2 <nil>", "->AKIA2 " + errSource.Error()}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &source{life: time.Hour}
			cache := creds.NewCache(creds.CacheOptions{Provider: s, StaticStability: c.stable})
			defer cache.Close()
			var got, before []string
			cache.Subscribe(func(u creds.Update) {
				if _, err := cache.Retrieve(t.Context()); err != nil && u.Err == nil {
					t.Errorf("a subscriber cannot retrieve: %v", err)
				}
				got = append(got, heard(u))
			})
			stop := cache.Subscribe(func(u creds.Update) { before = append(before, heard(u)) })
			calls := func(d time.Duration) {
				for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(10 * time.Second) {
					cache.Retrieve(t.Context())
				}
				synctest.Wait()
			}
			calls(50 * time.Minute) // the first key is replaced after 45 min
			stop()
			s.fail.Store(true)
			calls(6 * time.Hour)
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("stable %v: heard %q, want %q", c.stable, got, c.want)
			}
			if len(before) != 2 {
				t.Errorf("stable %v: heard %q after unsubscribing, want two keys", c.stable, before)
			}
			s.fail.Store(false)
			calls(time.Hour)
			if len(got) < 4 || !strings.HasPrefix(got[3], "AKIA2->AKIA") {
				t.Errorf("stable %v: heard %q after the outage, want one more key", c.stable, got)
			}
		})
	}
}

func TestSyncWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Hour, delay: time.Second}
		cache := creds.NewCache(creds.CacheOptions{Provider: s})
		defer cache.Close()
		cache.SetMode(creds.Sync)
		key(t, cache)
		time.Sleep(50 * time.Minute) // in the advisory window
		start := time.Now()
		if got := key(t, cache); got != "AKIA2" || time.Since(start) != time.Second {
			t.Errorf("%s after %v, want the caller to wait for the new key", got, time.Since(start))
		}
		s.fail.Store(true)
		time.Sleep(50 * time.Minute)
		if got := key(t, cache); got != "AKIA2" {
			t.Errorf("%s, want the old key, which lives, after a failure", got)
		}
	})
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Hour, delay: time.Hour}
		cache := creds.NewCache(creds.CacheOptions{Provider: s, Timeout: 2 * time.Hour})
		done := make(chan error)
		go func() {
			_, err := cache.Retrieve(t.Context())
			done <- err
		}()
		synctest.Wait()
		cache.Close()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("who waited got %v", err)
		}
		time.Sleep(time.Hour)
		if _, err := cache.Retrieve(t.Context()); !errors.Is(err, creds.ErrClosed) {
			t.Errorf("Retrieve after Close: %v", err)
		}
	})
}

// TestSubscriberPanics: a panic of one subscriber ends neither the process nor the calls of the others.
func TestSubscriberPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reported []error
		cache := creds.NewCache(creds.CacheOptions{
			Provider: &source{life: time.Hour},
			OnPanic:  func(err error) { reported = append(reported, err) },
		})
		defer cache.Close()
		cache.Subscribe(func(creds.Update) { panic("of a subscriber") })
		var got []string
		cache.Subscribe(func(u creds.Update) { got = append(got, heard(u)) })
		key(t, cache)
		synctest.Wait()
		time.Sleep(time.Hour)
		key(t, cache)
		synctest.Wait()
		if want := "->AKIA1 <nil> AKIA1->AKIA2 <nil>"; strings.Join(got, " ") != want {
			t.Errorf("the other one heard %q, want %q", got, want)
		}
		if len(reported) != 2 || !strings.Contains(reported[0].Error(), "panic: of a subscriber") {
			t.Errorf("reported %v, want both panics", reported)
		}
	})
}

// TestSubscriberCloses: a subscriber may close the cache. Then no subscriber is called any more.
func TestSubscriberCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache := creds.NewCache(creds.CacheOptions{Provider: &source{life: time.Hour}})
		var got []string
		cache.Subscribe(func(u creds.Update) {
			cache.Close()
			got = append(got, "first "+heard(u))
		})
		cache.Subscribe(func(u creds.Update) { got = append(got, "second "+heard(u)) })
		key(t, cache)
		synctest.Wait()
		if want := "first ->AKIA1 <nil>"; strings.Join(got, ", ") != want {
			t.Errorf("heard %q, want %q alone", got, want)
		}
	})
}

// TestFailureHasPrevious: subscribers can distinguish "no key yet" from "no key any more".
func TestFailureHasPrevious(t *testing.T) {
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	found, err := creds.Credentials{}, errors.New("gone")
	cache := creds.NewCache(creds.CacheOptions{
		Now: func() time.Time { return now },
		Provider: retrieve(func(context.Context) (creds.Credentials, error) {
			return found, err
		}),
	})
	defer cache.Close()
	told := make(chan creds.Update, 9)
	cache.Subscribe(func(u creds.Update) { told <- u })
	for _, step := range []struct {
		key, previous string
		err           error
	}{
		{"", "", errors.New("gone")},
		{"A", "", nil},
		{"", "A", errors.New("gone")},
	} {
		found, err = creds.Credentials{
			AccessKeyID:     step.key,
			SecretAccessKey: "s",
			Expires:         now.Add(time.Hour),
		}, step.err
		cache.Retrieve(t.Context())
		if u := <-told; u.Previous.AccessKeyID != step.previous || u.Credentials.AccessKeyID != step.key {
			t.Errorf("update with %v, previously %v, %v; want %q, previously %q",
				u.Credentials, u.Previous, u.Err, step.key, step.previous)
		}
		now = now.Add(2 * time.Hour)
	}
}

// retrieve is a Provider.
type retrieve func(context.Context) (creds.Credentials, error)

func (f retrieve) Retrieve(ctx context.Context) (creds.Credentials, error) { return f(ctx) }
