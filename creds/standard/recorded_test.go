package standard_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
)

// exchange is a recorded request and its answer.
type exchange struct {
	method, uri string
	header      http.Header
	request     string
	status      int
	answered    http.Header
	answer      string
}

// recorded answers requests as they were recorded, in order.
type recorded struct {
	mu        sync.Mutex // guards what follows
	exchanges []exchange // to come
	unlike    []string   // how requests differ from what was recorded
	answered  string     // all answers so far
}

// event is one of a recording's; one of the actions is set.
type event struct {
	Connection int `json:"connection_id"`
	Action     struct {
		Request *struct {
			Request struct {
				Method, URI string
				Headers     http.Header
			}
		}
		Response *struct {
			Response struct {
				Ok *struct {
					Status  int
					Headers http.Header
				}
			}
		}
		Data *struct {
			Data      struct{ Utf8, Base64 string }
			Direction string
		}
	}
}

// record reads a recording; a scenario without network has none.
func record(t *testing.T, file string) *recorded {
	t.Helper()
	content, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return &recorded{}
	}
	var recording struct{ Events []event }
	if err == nil {
		err = json.Unmarshal(content, &recording)
	}
	if err != nil {
		t.Fatal(err)
	}
	r := &recorded{}
	byConnection := map[int]*exchange{}
	var order []int
	for _, e := range recording.Events {
		if byConnection[e.Connection] == nil {
			byConnection[e.Connection] = &exchange{}
			order = append(order, e.Connection)
		}
		if err := byConnection[e.Connection].add(e); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range order {
		r.exchanges = append(r.exchanges, *byConnection[id])
	}
	return r
}

func (x *exchange) add(e event) error {
	switch a := e.Action; {
	case a.Request != nil:
		request := a.Request.Request
		x.method, x.uri, x.header = request.Method, request.URI, canonical(request.Headers)
	case a.Response != nil && a.Response.Response.Ok != nil:
		x.status, x.answered = a.Response.Response.Ok.Status, canonical(a.Response.Response.Ok.Headers)
	case a.Data != nil:
		text := a.Data.Data.Utf8
		if a.Data.Data.Base64 != "" {
			decoded, err := base64.StdEncoding.DecodeString(a.Data.Data.Base64)
			if err != nil {
				return err
			}
			text = string(decoded)
		}
		if a.Data.Direction == "Request" {
			x.request += text
		} else {
			x.answer += text
		}
	}
	return nil
}

func canonical(h http.Header) http.Header {
	c := http.Header{}
	for name, values := range h {
		c[http.CanonicalHeaderKey(name)] = values
	}
	return c
}

// RoundTrip answers with the next exchange. When these were recorded, services had no extended path. Other requests
// than the recorded ones are not allowed.
func (r *recorded) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	body := ""
	if req.Body != nil {
		b, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		body = string(b)
	}
	switch {
	case strings.Contains(req.URL.Path, "/security-credentials-extended/"):
		return answer(req, exchange{status: http.StatusNotFound}), nil
	case len(r.exchanges) == 0 && strings.HasSuffix(req.URL.Path, "/security-credentials/"):
		// The deviation of imds_token_fail.
		return answer(req, exchange{status: http.StatusForbidden}), nil
	}
	if len(r.exchanges) == 0 {
		return nil, fmt.Errorf("no exchange was recorded for %s %s", req.Method, req.URL)
	}
	x := r.exchanges[0]
	r.exchanges = r.exchanges[1:]
	r.compare(req, body, x)
	r.answered += x.answer
	return answer(req, x), nil
}

func answer(req *http.Request, x exchange) *http.Response {
	header := x.answered.Clone()
	header.Del("Content-Length") // that of the original, before it was shortened
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{
		StatusCode:    x.status,
		Status:        fmt.Sprint(x.status, " ", http.StatusText(x.status)),
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		Body:          io.NopCloser(strings.NewReader(x.answer)),
		ContentLength: int64(len(x.answer)),
		Request:       req,
	}
}

// compare records what differs: method, address, tokens, the signing key, and what STS is asked to do. The roles and
// session names of the recordings are not those of their files.
func (r *recorded) compare(req *http.Request, body string, x exchange) {
	differ := func(what, got, want string) {
		if got != want {
			r.unlike = append(r.unlike,
				fmt.Sprintf("%s %s: %s is %q, recorded is %q", req.Method, req.URL, what, got, want))
		}
	}
	differ("method", req.Method, x.method)
	differ("address", address(req.URL.String()), address(x.uri))
	for _, name := range []string{"X-Aws-Ec2-Metadata-Token", "X-Aws-Ec2-Metadata-Token-Ttl-Seconds",
		"X-Amz-Sso_bearer_token"} {
		if want := x.header.Get(name); want != "" {
			differ(name, req.Header.Get(name), want)
		}
	}
	// One recording (ecs_assume_role) signs with a key that it has not issued.
	if key := signer(x.header); r.answered == "" || strings.Contains(r.answered, key) {
		differ("signing key", signer(req.Header), key)
	}
	got, _ := url.ParseQuery(body)
	want, _ := url.ParseQuery(x.request)
	for _, name := range []string{"Action", "Version"} {
		differ(name, got.Get(name), want.Get(name))
	}
}

// address returns a URL with a sorted query.
func address(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return text
	}
	return u.Scheme + "://" + u.Host + strings.TrimRight(u.Path, "/") + "?" + u.Query().Encode()
}

// signer returns the ID of the key that signs.
func signer(h http.Header) string {
	_, credential, _ := strings.Cut(h.Get("Authorization"), "Credential=")
	credential, _, _ = strings.Cut(credential, ",")
	parts := strings.Split(credential, "/")
	if len(parts) != 5 {
		return ""
	}
	return parts[0]
}
