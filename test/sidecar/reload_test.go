package sidecar

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// requester requests one service's key all the time.
type requester struct {
	mu    sync.Mutex  // guards what follows
	seen  map[int]int // answers by status
	count int
}

// request starts clients of a service, which end with ctx.
func request(ctx context.Context, clients *sync.WaitGroup, token string) *requester {
	a := &requester{seen: map[int]int{}}
	for range 4 {
		clients.Go(func() {
			for ctx.Err() == nil {
				a.once(ctx, token)
			}
		})
	}
	return a
}

func (a *requester) once(ctx context.Context, token string) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:1338/v1/credentials", nil)
	if err != nil {
		return
	}
	r.Header.Set("Authorization", token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return // ctx has ended; other tests see that the server is there
	}
	defer resp.Body.Close()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen[resp.StatusCode]++
	a.count++
}

// reset forgets what was seen.
func (a *requester) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.seen)
	a.count = 0
}

// only reports whether there were answers since the reset, all of one kind: good, or refused. A peer that is
// refused all the time gets 429.
func (a *requester) only(good bool) (seen string, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	kind := a.seen[http.StatusOK]
	if !good {
		kind = a.seen[http.StatusUnauthorized] + a.seen[http.StatusTooManyRequests]
	}
	return fmt.Sprint(a.seen), a.count >= 20 && kind == a.count
}

// interval is the reload interval, and grace what a slow machine may need beyond it.
const (
	interval = time.Second
	grace    = 500 * time.Millisecond
)

// TestReload: while clients send requests, a file of services appears, changes, breaks, moves and goes. A broken
// file fails no request, and a removed service's key is not handed out after the reload interval.
func TestReload(t *testing.T) {
	needWorld(t)
	s := serve(t, owner()+"server: {rate_limit: 1000000}\n"+ // the clients ask as fast as they can
		watching("DIR/services")+
		"services:\n"+service("always", tokenOf("always"), newRole()))
	dir := filepath.Join(s.dir, "services") // which does not exist yet
	file := func(name string) string { return filepath.Join(dir, name) }
	put := func(path, text string) { // all at once, as tools do
		t.Helper()
		write(t, path+".tmp", text)
		if err := os.Rename(path+".tmp", path); err != nil {
			t.Fatal(err)
		}
	}
	one, two := newRole(), newRole()
	steps := []struct {
		name string
		do   func()
		good bool // the moving service's requests
	}{
		{"added", func() { put(file("a.yaml"), "services:\n"+service("moving", tokenOf("moving"), one)) }, true},
		{"broken", func() { write(t, file("a.yaml"), "services: [\n") }, true},
		{"emptied", func() { write(t, file("a.yaml"), "") }, true},
		{"changed", func() { put(file("a.yaml"), "services:\n"+service("moving", tokenOf("moving"), two)) }, true},
		{"renamed", func() {
			if err := os.Rename(file("a.yaml"), file("b.yaml")); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"removed", func() {
			if err := os.Remove(file("b.yaml")); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"back", func() { put(file("b.yaml"), "services:\n"+service("moving", tokenOf("moving"), two)) }, true},
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	defer clients.Wait()
	defer cancel()
	always := request(ctx, &clients, tokenOf("always"))
	moving := request(ctx, &clients, tokenOf("moving"))
	good := false
	for _, step := range steps {
		moving.reset()
		began := time.Now()
		step.do()
		wait(t, s, func() bool { return time.Since(began) > interval+grace })
		if seen, ok := moving.only(true); good && step.good && !ok {
			t.Errorf("%s: meanwhile %s, want 200 always", step.name, seen)
		}
		moving.reset()
		wait(t, s, func() bool { return moving.answers() > 200 })
		seen, ok := moving.only(step.good)
		if !ok {
			t.Errorf("%s: afterwards %s, want only answers that are good: %t", step.name, seen, step.good)
		}
		if step.name == "changed" && !askedFor(two) {
			t.Errorf("STS was not asked for %s", two)
		}
		t.Logf("%s: afterwards %s", step.name, seen)
		good = step.good
	}
	if seen, ok := always.only(true); !ok {
		t.Errorf("the service that stays: %s, want 200 always", seen)
	}
	if n := strings.Count(s.Log(), "is neither YAML nor JSON"); n != 1 {
		t.Errorf("the broken file was reported %d times, want once", n)
	}
}

// answers counts the answers since the reset.
func (a *requester) answers() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.count
}

// askedFor reports whether STS was asked for a role.
func askedFor(role string) bool {
	return slices.ContainsFunc(world.sts.Calls(), func(form url.Values) bool { return form.Get("RoleArn") == role })
}
