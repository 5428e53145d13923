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

// asking asks for one service's key all the time.
type asking struct {
	mu    sync.Mutex  // guards what follows
	seen  map[int]int // answers by status
	count int
}

// ask starts clients of a service; they end with ctx.
func ask(ctx context.Context, clients *sync.WaitGroup, token string) *asking {
	a := &asking{seen: map[int]int{}}
	for range 4 {
		clients.Go(func() {
			for ctx.Err() == nil {
				a.once(ctx, token)
			}
		})
	}
	return a
}

func (a *asking) once(ctx context.Context, token string) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:1338/v1/credentials", nil)
	if err != nil {
		return
	}
	r.Header.Set("Authorization", token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return // its end; that the server is there, others see
	}
	defer resp.Body.Close()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen[resp.StatusCode]++
	a.count++
}

// reset forgets what was seen.
func (a *asking) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.seen)
	a.count = 0
}

// only tells whether some answers came since the reset, all of one kind: good, or refused. A peer that is
// refused all the time hears 429.
func (a *asking) only(good bool) (seen string, ok bool) {
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

// TestReload: while clients ask, a file of services comes, changes, breaks, moves and goes. A broken file
// fails no request, and a removed service's key goes to nobody after the reload interval.
func TestReload(t *testing.T) {
	needWorld(t)
	s := serve(t, owner()+"server: {rate_limit: 1000000}\n"+ // the clients ask as fast as they can
		"dynamic_services: {enabled: true, reload_interval: 1, directories: [{path: DIR/services}]}\n"+
		"services:\n"+service("always", tokenOf("always"), newRole()))
	dir := filepath.Join(s.dir, "services") // which is not there yet
	file := func(name string) string { return filepath.Join(dir, name) }
	put := func(path, text string) { // as a whole, as tools do
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
	always := ask(ctx, &clients, tokenOf("always"))
	moving := ask(ctx, &clients, tokenOf("moving"))
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

func (a *asking) answers() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.count
}

// askedFor tells whether STS was asked for a role.
func askedFor(role string) bool {
	return slices.ContainsFunc(world.sts.Calls(), func(form url.Values) bool { return form.Get("RoleArn") == role })
}
