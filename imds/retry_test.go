package imds_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"sluice/imds"
)

// slow answers requests or lets them time out, as its script says. After the end of the script it answers.
type slow struct {
	script map[string][]bool // by method; true: no answer
	asked  int
}

type timeout struct{}

func (timeout) Error() string   { return "no answer in time" }
func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return true }

func (s *slow) RoundTrip(r *http.Request) (*http.Response, error) {
	s.asked++
	if left := s.script[r.Method]; len(left) > 0 {
		s.script[r.Method] = left[1:]
		if left[0] {
			return nil, &net.OpError{Op: "read", Err: timeout{}}
		}
	}
	return &http.Response{
		StatusCode: http.StatusOK,
		Header:     http.Header{},
		Body:       io.NopCloser(strings.NewReader("answer")),
		Request:    r,
	}, nil
}

// TestTimeouts: networks without a metadata service time out, so a time-out is not repeated, unless the service has
// answered before.
func TestTimeouts(t *testing.T) {
	for _, c := range []struct {
		name   string
		script map[string][]bool
		failed []bool // which of the Gets fail
		asked  int
	}{
		{"no service", map[string][]bool{"PUT": {true}, "GET": {true}}, []bool{true}, 2},
		{"one slow answer later", map[string][]bool{"GET": {false, true}}, []bool{false, false}, 4},
		{"away for a while", map[string][]bool{"GET": {false, true, true, true}}, []bool{false, true, false}, 6},
		// A hop limit of 1 drops the answers to PUT alone.
		{"no answer to PUT, and one slow answer to GET", map[string][]bool{"PUT": {true}, "GET": {false, true}},
			[]bool{false, false}, 4},
	} {
		service := &slow{script: c.script}
		client := imds.New(imds.Options{Transport: service, Pause: noPause})
		for i, failed := range c.failed {
			_, err := client.Get(t.Context(), "/x")
			var timedOut net.Error
			if (err != nil) != failed || err != nil && !errors.As(err, &timedOut) {
				t.Errorf("%s: Get %d: %v", c.name, i+1, err)
			}
		}
		if service.asked != c.asked {
			t.Errorf("%s: %d requests, want %d", c.name, service.asked, c.asked)
		}
	}
}
