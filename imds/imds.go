// Package imds is a client for the EC2 instance metadata service: version 2 (with session tokens) first, and version 1
// where there is no version 2.
//
//	c := imds.New(imds.Options{})
//	role, err := c.Get(ctx, "/latest/meta-data/iam/security-credentials/")
//
// Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
package imds

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Options of a Client. The zero value has the defaults of AWS's SDKs, where they agree.
type Options struct {
	Endpoint  string            // default IPv4
	DisableV1 bool              // never go without a token
	Timeout   time.Duration     // to connect, and to wait for an answer; default 1 s
	Attempts  int               // of a request that fails with a 429, a 5xx or a network error; default 3
	Transport http.RoundTripper // replaces the network
	Now       func() time.Time  // default time.Now
	// Pause waits for d or returns ctx's error; default the function Pause.
	Pause func(ctx context.Context, d time.Duration) error
}

// Client asks one endpoint. It is safe for concurrent use.
type Client struct {
	opts Options
	http *http.Client

	mu         sync.Mutex // guards what follows; never held during a request
	token      string
	expires    time.Time       // of token
	v1Until    time.Time       // the client uses version 1 until then
	serverTime time.Time       // of the last answer
	answered   map[string]bool // methods; a hop limit may drop the answers to PUT alone
}

// New returns a Client; it makes no request. Requests go directly to the endpoint, without a proxy and without
// following redirects.
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

// Endpoint returns the URL that the client asks.
func (c *Client) Endpoint() string { return c.opts.Endpoint }

// ServerTime returns the service's time at its last answer; zero if the answer had none.
func (c *Client) ServerTime() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.serverTime
}

// Get returns the body of a metadata path, which begins with a slash. Its error is an *Error.
func (c *Client) Get(ctx context.Context, path string) (string, error) {
	for again := false; ; again = true {
		token, err := c.sessionToken(ctx)
		if err != nil {
			return "", err
		}
		body, err := c.retry(ctx, http.MethodGet, path, token)
		var e *Error
		if !errors.As(err, &e) || e.Status != http.StatusUnauthorized {
			return body, explainForbidden(err)
		}
		// The token is not valid any more because the service has restarted, or the service now requires version 2: ask
		// once more, with a new token.
		c.forgetToken(token)
		if again {
			e.Hint = "the service refused a session token that it had just issued"
			if token == "" {
				e.Hint = "the service requires a session token, and its answer to the token request did not arrive: " +
					"in a container, set the instance's hop limit to 2 or more"
			}
			return "", e
		}
	}
}

// explainForbidden adds the reason of a 403, which never depends on the path.
func explainForbidden(err error) error {
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusForbidden {
		e.Hint = "instance metadata is disabled for this instance, or a firewall or proxy in between refuses it"
	}
	return err
}
