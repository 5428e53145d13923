package imds_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/imds"
)

// service is a metadata service that answers from a script and records the requests. Like the real one it refuses a GET
// without a valid token (unless v1 is set), and a PUT without a time to live or forwarded by a proxy.
type service struct {
	*httptest.Server
	mu     sync.Mutex
	v1     bool
	put    []int // status of one PUT after the other, then 200
	get    []int // status of one GET after the other, then 200
	asked  []string
	tokens map[string]bool
}

func newService(t *testing.T) *service {
	s := &service{tokens: map[string]bool{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.Method)
	script := &s.get
	if r.Method == http.MethodPut {
		script = &s.put
	}
	if len(*script) > 0 {
		status := (*script)[0]
		*script = (*script)[1:]
		if status != http.StatusOK {
			w.WriteHeader(status)
			return
		}
	}
	switch token := r.Header.Get("X-Aws-Ec2-Metadata-Token"); {
	case r.Method == http.MethodPut && (r.URL.Path != "/latest/api/token" ||
		r.Header.Get("X-Aws-Ec2-Metadata-Token-Ttl-Seconds") != "21600" || r.Header.Get("X-Forwarded-For") != ""):
		w.WriteHeader(http.StatusBadRequest)
	case r.Method == http.MethodPut:
		token := fmt.Sprintf("token-%d", len(s.tokens))
		s.tokens[token] = true
		fmt.Fprint(w, token)
	case !s.tokens[token] && !(s.v1 && token == ""):
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == "/nothing":
		w.WriteHeader(http.StatusNotFound)
	case r.URL.Path == "/elsewhere":
		http.Redirect(w, r, "/there", http.StatusFound)
	default:
		fmt.Fprint(w, "answer to ", r.URL.Path)
	}
}

func (s *service) restart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = map[string]bool{"": false}
}

func noPause(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func TestSession(t *testing.T) {
	s := newService(t)
	now := time.Unix(0, 0)
	c := imds.New(imds.Options{Endpoint: s.URL + "/", Now: func() time.Time { return now }, Pause: noPause})
	get := func(wantAsked ...string) {
		t.Helper()
		s.asked = nil
		if got, err := c.Get(t.Context(), "/x"); err != nil || got != "answer to /x" {
			t.Errorf("Get = %q, %v", got, err)
		}
		if !slices.Equal(s.asked, wantAsked) {
			t.Errorf("asked %v, want %v", s.asked, wantAsked)
		}
	}
	get("PUT", "GET")
	get("GET")
	now = now.Add(6*time.Hour - 3*time.Minute)
	get("GET")
	now = now.Add(2 * time.Minute)
	get("PUT", "GET") // renewed before it expires
	s.restart()
	get("GET", "PUT", "GET") // a 401 leads to a new token
}

func TestVersion1(t *testing.T) {
	for _, status := range []int{http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed} {
		s := newService(t)
		s.v1, s.put = true, []int{status, status, status}
		now := time.Unix(0, 0)
		c := imds.New(imds.Options{Endpoint: s.URL, Now: func() time.Time { return now }, Pause: noPause})
		for range 2 {
			if got, err := c.Get(t.Context(), "/x"); err != nil || got != "answer to /x" {
				t.Errorf("%d: Get = %q, %v", status, got, err)
			}
		}
		if want := []string{"PUT", "GET", "GET"}; !slices.Equal(s.asked, want) {
			t.Errorf("%d: asked %v, want %v", status, s.asked, want)
		}
		now = now.Add(6 * time.Minute) // not remembered forever
		if _, err := c.Get(t.Context(), "/x"); err != nil || s.asked[3] != "PUT" {
			t.Errorf("%d: later: %v, asked %v", status, err, s.asked)
		}
	}
}

func TestVersion1Disabled(t *testing.T) {
	s := newService(t)
	s.v1, s.put = true, []int{http.StatusForbidden}
	c := imds.New(imds.Options{Endpoint: s.URL, DisableV1: true, Pause: noPause})
	if _, err := c.Get(t.Context(), "/x"); err == nil ||
		!strings.Contains(err.Error(), "the configuration disables version 1") ||
		len(s.asked) != 1 {
		t.Errorf("Get = %v, asked %v", err, s.asked)
	}
}

func TestFailures(t *testing.T) {
	for _, c := range []struct {
		name, path string
		put, get   []int
		want       string
		asked      int
	}{
		{"busy, then healthy", "/x", []int{503, 429}, []int{500}, "", 5},
		{"failing", "/x", nil, []int{500, 500, 500}, "HTTP 500", 4},
		{"bad request for a token", "/x", []int{400}, nil, "HTTP 400", 1},
		{"not there", "/nothing", nil, nil, "HTTP 404", 2},
		{"redirect is not followed", "/elsewhere", nil, nil, "HTTP 302", 2},
		{"token refused twice", "/x", nil, []int{401, 401}, "refused a session token that it had just issued", 4},
	} {
		s := newService(t)
		s.put, s.get = c.put, c.get
		client := imds.New(imds.Options{Endpoint: s.URL, Pause: noPause})
		_, err := client.Get(t.Context(), c.path)
		if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) ||
			len(s.asked) != c.asked {
			t.Errorf("%s: %v after %v, want %q after %d requests", c.name, err, s.asked, c.want, c.asked)
		}
		if imds.IsNotFound(err) != (c.path == "/nothing") || imds.IsUnavailable(err) {
			t.Errorf("%s: IsNotFound %v, IsUnavailable %v", c.name, imds.IsNotFound(err), imds.IsUnavailable(err))
		}
	}
}

// TestHopLimit: the answer to PUT does not arrive, and the service requires version 2. The error must not blame a
// token.
func TestHopLimit(t *testing.T) {
	s := newService(t)
	s.put = []int{http.StatusForbidden, http.StatusForbidden} // no token, as if it had not arrived
	c := imds.New(imds.Options{Endpoint: s.URL, Pause: noPause})
	if _, err := c.Get(t.Context(), "/x"); err == nil || !strings.Contains(err.Error(), "hop limit") {
		t.Errorf("Get = %v, want one that names the hop limit", err)
	}
}

func TestEmptyToken(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	if _, err := imds.New(imds.Options{Endpoint: server.URL}).Get(t.Context(), "/x"); err == nil ||
		!strings.Contains(err.Error(), "token is empty") {
		t.Errorf("Get = %v", err)
	}
}

func TestUnavailable(t *testing.T) {
	s := newService(t)
	s.Close()
	c := imds.New(imds.Options{Endpoint: s.URL, Pause: noPause})
	if _, err := c.Get(t.Context(), "/x"); !imds.IsUnavailable(err) || imds.IsNotFound(err) {
		t.Errorf("Get = %v, want unavailable", err)
	}
}

func TestProxyIsNotUsed(t *testing.T) {
	proxy := httptest.NewServer(
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request went to the proxy") }),
	)
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("http_proxy", proxy.URL)
	s := newService(t)
	if _, err := imds.New(imds.Options{Endpoint: s.URL}).Get(t.Context(), "/x"); err != nil {
		t.Error(err)
	}
}
