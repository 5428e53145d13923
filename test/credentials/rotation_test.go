package credentials

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"sluice/creds/standard"
	"sluice/test/testenv"
)

// clock is a time that the test sets.
type clock struct{ passed atomic.Int64 }

func (c *clock) now() time.Time {
	return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC).Add(time.Duration(c.passed.Load()))
}

func (c *clock) pass(d time.Duration) { c.passed.Add(int64(d)) }

// rotating hands out another key each time, numbered.
func rotating(c *clock, life time.Duration) func() document {
	var count atomic.Int64
	return func() document {
		keys := roleKeys()
		keys.AccessKeyID = fmt.Sprintf("ASIA%d", count.Add(1))
		return newDocument(keys, c.now().Add(life))
	}
}

// rotate follows a service's keys as time passes.
type rotate struct {
	t       *testing.T
	service *metadata
	clock   *clock
	get     func() string
}

func newRotate(t *testing.T, service *metadata, life time.Duration) *rotate {
	needNamespace(t)
	c := &clock{}
	service.role = rotating(c, life)
	service.serve(t, listen(t, ipv4))
	provider := newSources(t, nil, c.now).Provider(standard.Options{})
	return &rotate{t, service, c, func() string {
		found, err := retrieve(t, provider)
		if err != nil {
			t.Error(err)
		}
		return found.AccessKeyID
	}}
}

// after advances the clock, waits for the key, and checks the total requests for tokens and keys. It retrieves more
// than once, because a retrieval that has just ended may still be joined.
func (r *rotate) after(d time.Duration, wantKey string, wantTokens, wantKeys int) {
	r.t.Helper()
	r.clock.pass(d)
	ctx, cancel := context.WithTimeout(r.t.Context(), limit)
	defer cancel()
	var got string
	err := testenv.Wait(ctx, nil, func() bool { got = r.get(); return got == wantKey })
	if asked := r.service.requests(); err != nil || asked[tokenPath] != wantTokens || asked[legacyKeys] != wantKeys {
		r.t.Errorf("got %s after %v, want %s after %d requests for a token and %d for keys", got, asked, wantKey,
			wantTokens, wantKeys)
	}
}

// TestVersion1IsRemembered: a service without tokens is not asked for one again for five minutes.
func TestVersion1IsRemembered(t *testing.T) {
	r := newRotate(t, &metadata{v1: true, faults: map[string]fault{tokenPath: status(http.StatusForbidden)}},
		4*time.Minute)
	r.after(0, "ASIA1", 1, 1)
	r.after(3*time.Minute+50*time.Second, "ASIA2", 1, 2)
	r.after(3*time.Minute+50*time.Second, "ASIA3", 2, 3)
}

// TestTokenIsKept: a token is valid for six hours.
func TestTokenIsKept(t *testing.T) {
	r := newRotate(t, &metadata{}, time.Hour)
	r.after(0, "ASIA1", 1, 1)
	r.after(59*time.Minute, "ASIA2", 1, 2)
	r.after(5*time.Hour, "ASIA3", 2, 3)
}

// TestTokenExpiresEarly: a service that has restarted no longer knows its tokens.
func TestTokenExpiresEarly(t *testing.T) {
	r := newRotate(t, &metadata{}, time.Hour)
	r.after(0, "ASIA1", 1, 1)
	r.service.restart()
	r.after(59*time.Minute, "ASIA2", 2, 2)
	if refused := r.service.requests()[legacyList]; refused != 3 {
		t.Errorf("the list was asked for %d times, want once with each token and once with the dead one", refused)
	}
}
