package container_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sluice/creds/container"
)

// TestNotHTTP: the error that net/http returns would quote the answer.
func TestNotHTTP(t *testing.T) {
	for _, raw := range []string{secretKey + "\r\n\r\n", "HTTP/1.1 " + secretKey + "\r\n\r\n",
		"HTTP/1.1 200 OK\r\n" + secretKey + "\r\n\r\n"} {
		_, _, err := asked(t, &container.Provider{}, func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			io.WriteString(conn, raw)
		})
		if err == nil || !strings.Contains(err.Error(), "the answer is not HTTP") {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

// TestPatience: even the slowest service takes less than 20 s.
func TestPatience(t *testing.T) {
	for name, c := range map[string]struct {
		status int // sent after 4.9 s; 0: never
		asked  int
		want   string
	}{
		"silent":   {0, 1, "no answer within 5s"},
		"sluggish": {500, 3, "HTTP 500"},
	} {
		synctest.Test(t, func(t *testing.T) {
			start, n := time.Now(), 0
			service := roundTripper(func(r *http.Request) (*http.Response, error) {
				n++
				if c.status == 0 {
					<-r.Context().Done()
					return nil, r.Context().Err()
				}
				time.Sleep(4900 * time.Millisecond)
				return &http.Response{StatusCode: c.status, Body: http.NoBody}, nil
			})
			p := &container.Provider{URI: "http://127.0.0.1/x", Transport: service}
			_, err := p.Retrieve(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) || n != c.asked ||
				time.Since(start) > 20*time.Second {
				t.Errorf("%s: %v after %d requests and %v", name, err, n, time.Since(start))
			}
			if errors.Is(err, context.DeadlineExceeded) != (c.status == 0) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}
