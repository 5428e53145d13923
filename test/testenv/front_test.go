package testenv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// newTestFront is a front before a server that counts the requests that reach it.
func newTestFront(t *testing.T) (f *Front, reached *atomic.Int32) {
	t.Helper()
	reached = &atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		reached.Add(1)
	}))
	t.Cleanup(server.Close)
	f, err := NewFront(server.URL, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Down)
	return f, reached
}

// put sends a request on a connection of its own, and returns the answer's status and code.
func (f *Front) put(ctx context.Context) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, f.Endpoint, strings.NewReader(strings.Repeat("x", 1<<16)))
	if err != nil {
		return "", err
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	_, code, _ := strings.Cut(string(body), "<Code>")
	code, _, _ = strings.Cut(code, "</Code>")
	return strings.TrimSpace(fmt.Sprint(resp.StatusCode, " ", code)), err
}

func TestFrontHasFaults(t *testing.T) {
	for _, c := range []struct {
		fault   Fault
		want    string // of the answer; "" for none
		reaches int32
	}{
		{NoFault, "200", 1},
		{Slow, "200", 1},
		{SlowDown, "503 SlowDown", 0},
		{InternalError, "500 InternalError", 0},
		{LoseAnswer, "", 1},
		{Reset, "", 0},
		{Hang, "", 0},
	} {
		t.Run(c.fault.String(), func(t *testing.T) {
			f, reached := newTestFront(t)
			f.Set(c.fault, 1)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			if c.fault == Hang { // it has the request, and then nothing comes
				go func() {
					_ = Wait(ctx, nil, func() bool { return f.Met()[Hang] == 1 })
					cancel()
				}()
			}
			got, err := f.put(ctx)
			if got != c.want || (err == nil) != (c.want != "") || reached.Load() != c.reaches {
				t.Errorf("answer %q, error %v, %d requests reached the server, want %q and %d", got, err,
					reached.Load(), c.want, c.reaches)
			}
			if n := f.Met()[c.fault]; n != 1 {
				t.Errorf("%d requests met the fault, want 1", n)
			}
		})
	}
}

func TestFrontGoesAway(t *testing.T) {
	f, _ := newTestFront(t)
	for _, down := range []bool{true, false} {
		want := error(nil)
		if down {
			want = syscall.ECONNREFUSED
			f.Down()
		} else if err := f.Up(); err != nil {
			t.Fatal(err)
		}
		if _, err := f.put(t.Context()); !errors.Is(err, want) {
			t.Errorf("down %t: got %v, want %v", down, err, want)
		}
	}
}
