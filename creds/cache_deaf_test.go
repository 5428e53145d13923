package creds_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sluice/creds"
)

// deaf is a provider that ignores its context, like a file system that hangs.
type deaf struct {
	release chan struct{}
	calls   atomic.Int64
}

func (d *deaf) Retrieve(context.Context) (creds.Credentials, error) {
	d.calls.Add(1)
	<-d.release
	return creds.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "s"}, nil
}

// TestDeafProviderIsAbandoned: callers get an error, the cache can be closed, and the provider is not called again
// before it has returned.
func TestDeafProviderIsAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &deaf{release: make(chan struct{})}
		c := creds.NewCache(creds.CacheOptions{Provider: d, Timeout: 10 * time.Second})
		start := time.Now()
		_, err := c.Retrieve(t.Context())
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "did not return") ||
			time.Since(start) > 15*time.Second {
			t.Errorf("%v after %v, want a deadline", err, time.Since(start))
		}
		for range 100 {
			time.Sleep(time.Minute)
			if _, err := c.Retrieve(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("while it hangs: %v", err)
			}
		}
		if n := d.calls.Load(); n != 1 {
			t.Errorf("%d calls of a provider that hangs, want 1", n)
		}
		close(d.release)
		synctest.Wait()
		time.Sleep(time.Minute)
		if got, err := c.Retrieve(t.Context()); err != nil || got.AccessKeyID != "AKIA" {
			t.Errorf("after it has returned: %v, %v", got, err)
		}
	})
}

func TestCloseLeavesADeafProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &deaf{release: make(chan struct{})}
		c := creds.NewCache(creds.CacheOptions{Provider: d})
		waiting := make(chan error)
		go func() {
			_, err := c.Retrieve(t.Context())
			waiting <- err
		}()
		synctest.Wait()
		start := time.Now()
		c.Close()
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("Close took %v", took)
		}
		if err := <-waiting; !errors.Is(err, context.Canceled) {
			t.Errorf("the caller that waited got %v", err)
		}
		close(d.release)
	})
}
