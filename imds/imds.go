// Package imds is a client for the EC2 instance metadata service: version 2
// (session tokens) first, version 1 where there is no version 2.
//
//	c := imds.New(imds.Options{})
//	role, err := c.Get(ctx, "/latest/meta-data/iam/security-credentials/")
//
// Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
package imds

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	tokenPath   = "/latest/api/token"
	tokenTTL    = 6 * time.Hour
	tokenMargin = 2 * time.Minute // a token is renewed this long before its end
	// v1Memory is how long the client goes without a token after finding that it
	// gets none. A service that is upgraded is noticed after that.
	v1Memory = 5 * time.Minute
	maxBody  = 64 << 10
)

// Options of a Client. The zero value is the documented default of AWS's SDKs
// where they agree.
type Options struct {
	Endpoint  string            // default IPv4
	DisableV1 bool              // never go without a token
	Timeout   time.Duration     // to connect, and to wait for an answer; default 1 s
	Attempts  int               // tries of a request that a 429, a 5xx or the network failed; default 3
	Transport http.RoundTripper // instead of the network
	Now       func() time.Time
	// Pause waits for d or returns ctx's error; the default is the function Pause.
	Pause func(ctx context.Context, d time.Duration) error
}

// Client asks one endpoint. It is safe for concurrent use.
type Client struct {
	opts Options
	http *http.Client

	mu      sync.Mutex // guards what follows; never held during a request
	token   string
	expires time.Time
	v1Until time.Time
	server  time.Time // of the last answer, by the service's clock
	// Methods that were answered. A hop limit may drop the answers to PUT alone.
	answered map[string]bool
}

// New makes a Client; it asks nothing of the network. Requests go to the
// endpoint directly: no proxy, no redirect.
func New(o Options) *Client {
	if o.Endpoint == "" {
		o.Endpoint = IPv4
	}
	o.Endpoint = strings.TrimRight(o.Endpoint, "/")
	if o.Timeout == 0 {
		o.Timeout = time.Second
	}
	if o.Attempts == 0 {
		o.Attempts = 3
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Pause == nil {
		o.Pause = Pause
	}
	if o.Transport == nil {
		o.Transport = &http.Transport{
			DialContext:           (&net.Dialer{Timeout: o.Timeout}).DialContext,
			ResponseHeaderTimeout: o.Timeout,
			IdleConnTimeout:       time.Minute,
			MaxIdleConns:          2,
		}
	}
	return &Client{opts: o, answered: map[string]bool{}, http: &http.Client{
		Transport:     o.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Endpoint returns where the client asks.
func (c *Client) Endpoint() string { return c.opts.Endpoint }

// ServerTime returns what the service's clock showed at its last answer; zero if
// it did not tell.
func (c *Client) ServerTime() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.server
}

// Get returns the body of a metadata path, which begins with a slash. Its error
// is an *Error.
func (c *Client) Get(ctx context.Context, path string) (string, error) {
	for again := false; ; again = true {
		token, err := c.session(ctx)
		if err != nil {
			return "", err
		}
		body, err := c.retry(ctx, http.MethodGet, path, token)
		var e *Error
		if !errors.As(err, &e) || e.Status != http.StatusUnauthorized {
			return body, whyForbidden(err)
		}
		// The token has died early (the service was restarted), or the service
		// takes version 2 only by now: once more with a new one.
		c.forget(token)
		if again {
			e.Hint = "the service refused a session token that it had just given"
			if token == "" {
				e.Hint = "the service wants a session token, and its answer to the request for one did not arrive: in a container the instance's hop limit must be 2 or more"
			}
			return "", e
		}
	}
}

// session returns the token to send, "" for version 1.
func (c *Client) session(ctx context.Context) (string, error) {
	c.mu.Lock()
	now := c.opts.Now()
	token, fresh := c.token, now.Before(c.expires)
	v1 := now.Before(c.v1Until)
	c.mu.Unlock()
	if fresh {
		return token, nil
	}
	if v1 {
		return "", nil
	}
	token, err := c.retry(ctx, http.MethodPut, tokenPath, "")
	if err == nil && token == "" {
		return "", &Error{Path: tokenPath, Status: http.StatusOK, Err: errors.New("the session token is empty")}
	}
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.token, c.expires = token, now.Add(tokenTTL-tokenMargin)
		return token, nil
	}
	if !withoutToken(err) || ctx.Err() != nil {
		return "", err
	}
	if c.opts.DisableV1 {
		return "", hint(err, "no session token could be had and version 1 is disabled by configuration; in a container the instance's hop limit must be 2 or more")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.v1Until = now.Add(v1Memory)
	return "", nil
}

// withoutToken tells whether a failed token request may mean that only version
// 1 is there: it is refused as unknown, or its answer does not arrive (hop limit
// 1 in a container drops the answers to PUT alone). Where no connection comes
// about, version 1 is not there either.
func withoutToken(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Status {
	case http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		return true
	case 0:
		return isTimeout(e.Err) && !isDial(e.Err)
	}
	return false
}

// whyForbidden explains a 403, which is never about the path.
func whyForbidden(err error) error {
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusForbidden {
		e.Hint = "instance metadata is switched off for this instance, or a firewall or proxy in between refuses it"
	}
	return err
}

func hint(err error, text string) error {
	var e *Error
	if errors.As(err, &e) {
		e.Hint = text
	}
	return err
}

// forget drops a token that was refused, or the memory of having none.
func (c *Client) forget(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token == token {
		c.token, c.expires = "", time.Time{}
	}
	c.v1Until = time.Time{}
}

// retry makes a request, and makes it again after a 429 or 5xx or a broken
// connection. A time-out is the answer of networks that have no metadata service,
// and whoever waits behind it waits long enough: it is tried again only where
// there was an answer before.
func (c *Client) retry(ctx context.Context, method, path, token string) (string, error) {
	for attempt := 1; ; attempt++ {
		body, err := c.once(ctx, method, path, token)
		if err == nil {
			return body, nil // not err itself: a nil *Error is no nil error
		}
		if attempt == c.opts.Attempts || !c.retryable(method, err) || ctx.Err() != nil {
			return "", err
		}
		backoff := 50 * time.Millisecond << attempt
		if c.opts.Pause(ctx, backoff/2+rand.N(backoff/2)) != nil {
			return "", err
		}
	}
}

var errTooLong = fmt.Errorf("answer is longer than %d bytes", maxBody)

func (c *Client) retryable(method string, err *Error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err.Err != nil {
		return (c.answered[method] || !isTimeout(err.Err) && !isDial(err.Err)) && !errors.Is(err.Err, errTooLong)
	}
	return err.Status == http.StatusTooManyRequests || err.Status >= 500
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

// isDial tells that no connection came about.
func isDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

func (c *Client) once(ctx context.Context, method, path, token string) (string, *Error) {
	ctx, cancel := context.WithTimeout(ctx, 2*c.opts.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.opts.Endpoint+path, nil)
	if err != nil {
		return "", &Error{Path: path, Err: err}
	}
	if method == http.MethodPut {
		req.Header.Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", strconv.Itoa(int(tokenTTL/time.Second)))
	}
	if token != "" {
		req.Header.Set("X-Aws-Ec2-Metadata-Token", token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return "", &Error{Path: path, Err: Harmless(err)}
	}
	defer resp.Body.Close()
	c.sawAnswer(method, resp.Header.Get("Date"))
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case resp.StatusCode != http.StatusOK:
		return "", &Error{Path: path, Status: resp.StatusCode}
	case err != nil:
		return "", &Error{Path: path, Status: resp.StatusCode, Err: Harmless(err)}
	case len(body) > maxBody:
		return "", &Error{Path: path, Status: resp.StatusCode, Err: errTooLong}
	}
	return string(body), nil
}

func (c *Client) sawAnswer(method, date string) {
	t, err := http.ParseTime(date)
	if err != nil {
		t = time.Time{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.server, c.answered[method] = t, true
}

// Pause waits for d, or returns ctx's error. It is the default of Options.Pause.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
