package container_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sluice/creds"
	"sluice/creds/container"
)

// secretKey is AWS's own example.
const secretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

// openKeys is a document without its closing brace.
const openKeys = `{"AccessKeyId":"AKIAIOSFODNN7EXAMPLE","SecretAccessKey":"` + secretKey + `","Token":"TOKEN"`

func noPause(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// asked retrieves from a handler on loopback, and also returns how many requests that got.
func asked(t *testing.T, p *container.Provider, handle http.HandlerFunc) (creds.Credentials, int64, error) {
	t.Helper()
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		handle(w, r)
	}))
	defer server.Close()
	p.URI, p.Pause = server.URL+"/v2/credentials/GUID?q=QUERY", noPause
	got, err := p.Retrieve(t.Context())
	if err != nil {
		for _, secret := range []string{secretKey, "GUID", "QUERY", "BODY"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%q is in %v", secret, err)
			}
		}
		if got != (creds.Credentials{}) {
			t.Errorf("got credentials %v and the error %v", got, err)
		}
	}
	return got, n.Load(), err
}

// script answers with one status after the other (0 breaks the connection), and then with body.
func script(body string, statuses ...int) http.HandlerFunc {
	var mu sync.Mutex // guards statuses
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if len(statuses) == 0 {
			fmt.Fprint(w, body)
			return
		}
		status := statuses[0]
		statuses = statuses[1:]
		if status == 0 {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func TestRetrieve(t *testing.T) {
	got, _, err := asked(t, &container.Provider{}, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.RequestURI != "/v2/credentials/GUID?q=QUERY" ||
			r.Header.Get("Authorization") != "" {
			t.Errorf("asked %s %s with %v", r.Method, r.RequestURI, r.Header)
		}
		fmt.Fprint(w, openKeys+`,"AccountId":"123456789012","Expiration":"2999-01-01T00:00:00Z","RoleArn":"arn"}`)
	})
	want := creds.Credentials{
		AccessKeyID:     "AKIAIOSFODNN7EXAMPLE",
		SecretAccessKey: secretKey,
		SessionToken:    "TOKEN",
		AccountID:       "123456789012",
		Expires:         time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC),
		Source:          "container",
	}
	if err != nil || got != want {
		t.Errorf("Retrieve = %v, %v", got, err)
	}
	if got, _, err := asked(t, &container.Provider{}, script(openKeys+"}")); err != nil || got.CanExpire() {
		t.Errorf("without an expiration: %v, %v", got, err)
	}
	if _, err := (&container.Provider{URI: " "}).Retrieve(t.Context()); !errors.Is(err, creds.ErrNotConfigured) {
		t.Errorf("without a URI: %v", err)
	}
}

func TestAnswers(t *testing.T) {
	const good = openKeys + "}"
	for _, c := range []struct {
		name, body string
		statuses   []int
		want       string
		asked      int64
	}{
		{"busy, then healthy", good, []int{429, 503}, "", 3},
		{"broken, then healthy", good, []int{0, 0}, "", 3},
		{"busy for good", `{"code":"BODY SECRET"}`, []int{500, 502, 599, 500}, "HTTP 599", 3},
		{"broken for good", good, []int{0, 0, 0}, "EOF", 3},
		{"a code", `{"code":"InvalidIdInRequest","message":"BODY"}`, []int{400},
			`HTTP 400 Bad Request, code "InvalidIdInRequest"`, 1},
		{"a secret as code", `{"Code":"` + secretKey + `"}`, []int{403}, `HTTP 403 Forbidden`, 1},
		{"another", `{"code":"BODY1234567890abcdef"}`, []int{403}, `HTTP 403 Forbidden`, 1},
		{"not JSON, with 404", `BODY`, []int{404}, `HTTP 404 Not Found`, 1},
		{"code in a 200", `{"Code":"Nope"}`, nil, `code "Nope" instead of Success`, 1},
		{"secret in a 200", `{"Code":"` + secretKey + `"}`, nil, `code of 40 bytes instead of Success`, 1},
		{"not JSON", `BODY ` + secretKey, nil, "answer of 45 bytes is not the expected JSON", 1},
		{"blank", `{"AccessKeyId":" ","SecretAccessKey":"s"}`, nil, "is empty", 1},
		{"expired", openKeys + `,"Expiration":"1999-01-01T00:00:00Z"}`, nil, "expired at 1999-01-01T00:00:00Z", 1},
		{"the zero time", openKeys + `,"Expiration":"0001-01-01T00:00:00Z"}`, nil, "is not a valid RFC 3339 time", 1},
		{"not a time", openKeys + `,"Expiration":"` + secretKey + `"}`, nil,
			"its Expiration of 40 bytes is not a valid", 1},
		{"long", strings.Repeat(" ", 65536) + good, nil, "longer than 65536 bytes", 1},
		{"created", good, []int{201}, "HTTP 201", 1},
	} {
		got, n, err := asked(t, &container.Provider{}, script(c.body, c.statuses...))
		if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) || n != c.asked {
			t.Errorf("%s: %v, %v after %d requests, want %q after %d", c.name, got, err, n, c.want, c.asked)
		}
		if errors.Is(err, creds.ErrNotConfigured) {
			t.Errorf("%s: not configured", c.name)
		}
	}
}

// TestClock: on a machine whose clock is ahead, all keys look expired.
func TestClock(t *testing.T) {
	server := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for ahead, want := range map[time.Duration]string{
		2 * time.Hour:    "(this machine's clock is 2h0m0s ahead of the service's: set it right)",
		-24 * time.Hour:  "",
		5 * time.Minute:  "2025-12-31T00:00:00Z",
		48 * time.Hour:   "48h0m0s ahead",
		-2 * time.Minute: "2025-12-31T00:00:00Z",
	} {
		c := container.Provider{Now: func() time.Time { return server.Add(ahead) }}
		expiration := "2025-12-31T00:00:00Z"
		if want == "" {
			expiration = "2025-12-30T00:00:00Z"
			want = "24h0m0s behind"
		}
		_, _, err := asked(t, &c, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", server.Format(http.TimeFormat))
			fmt.Fprint(w, openKeys+`,"Expiration":"`+expiration+`"}`)
		})
		if err == nil || !strings.Contains(err.Error(), want) ||
			strings.Contains(err.Error(), "clock") != (ahead.Abs() > 5*time.Minute) {
			t.Errorf("%v ahead: %v, want %q", ahead, err, want)
		}
	}
}
