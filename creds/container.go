package creds

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"sluice/imds"
)

// Container provides the credentials of an ECS task, a Greengrass component or
// an EKS pod identity.
//
// Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
type Container struct {
	URI       string // absolute, as ContainerURI returns it
	TokenFile string // read for each request, since it is rotated; wins over Token
	Token     string // "" sends none

	ReadFile func(path string) ([]byte, error) // default os.ReadFile
	// Transport replaces the network; the default goes there directly, by no
	// proxy, and checks each address that it dials.
	Transport http.RoundTripper
	Resolver  *net.Resolver          // of the default transport; nil: the system's
	RootCAs   *x509.CertPool         // of the default transport; nil: the system's
	Now       func() time.Time       // default time.Now
	Learn     func(server time.Time) // as EC2's
	// Pause waits for d or returns ctx's error; the default uses a timer.
	Pause func(ctx context.Context, d time.Duration) error
}

// Bounds of a retrieval, which in sum takes less than 20 s.
const (
	containerAttempts = 3
	containerConnect  = 2 * time.Second
	containerAnswer   = 5 * time.Second // of a request, with connecting
	containerBackoff  = 200 * time.Millisecond
	maxAnswer         = 64 << 10
)

// Retrieve asks the service. Without a URI it is ErrNotConfigured. Errors name
// the service's host, not the path: on ECS, who knows the path gets the keys.
func (c *Container) Retrieve(ctx context.Context) (Credentials, error) {
	if blank(c.URI) {
		return Credentials{}, fmt.Errorf("container credentials: no URI: %w", ErrNotConfigured)
	}
	uri, err := parseURI(c.URI)
	if err != nil {
		return Credentials{}, fmt.Errorf("container credentials: %w", err)
	}
	found, err := c.retry(ctx, uri)
	if err != nil {
		return Credentials{}, fmt.Errorf("container credentials from %s://%s: %w", uri.Scheme, uri.Host, err)
	}
	found.Source = "container"
	return found, nil
}

// retry asks, and asks again after a 429, a 5xx or a broken connection. A
// time-out is not tried again: whoever waits has waited long enough.
func (c *Container) retry(ctx context.Context, uri *url.URL) (Credentials, error) {
	transport := c.transport(uri.Scheme)
	for attempt := 1; ; attempt++ {
		found, err := c.once(ctx, transport, uri)
		if err == nil || attempt == containerAttempts || !retryable(err) || ctx.Err() != nil {
			return found, err
		}
		backoff := containerBackoff << attempt
		if c.pause(ctx, backoff/2+rand.N(backoff/2)) != nil {
			return Credentials{}, err
		}
	}
}

func (c *Container) once(ctx context.Context, transport http.RoundTripper, uri *url.URL) (Credentials, error) {
	late := fmt.Errorf("no answer within %v: %w", containerAnswer, context.DeadlineExceeded)
	ctx, cancel := context.WithTimeoutCause(ctx, containerAnswer, late)
	defer cancel()
	req, err := c.request(ctx, uri)
	if err != nil {
		return Credentials{}, err
	}
	// Not by an http.Client, which would follow redirects and put the path into
	// its errors.
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return Credentials{}, transportError(ctx, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case resp.StatusCode != http.StatusOK:
		return Credentials{}, newStatusError(resp.StatusCode, body)
	case err != nil:
		return Credentials{}, transportError(ctx, err)
	case len(body) > maxAnswer:
		return Credentials{}, fmt.Errorf("answer is longer than %d bytes", maxAnswer)
	}
	date, _ := http.ParseTime(resp.Header.Get("Date")) // zero if there is none
	return parseBothClocks(body, c.now(), date, c.Learn)
}

func (c *Container) request(ctx context.Context, uri *url.URL) (*http.Request, error) {
	token, err := c.token()
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, uri.String(), nil)
	if err != nil {
		return nil, errors.New("its URI makes no request") // its text would quote the path
	}
	req.Header.Set("Accept", "application/json")
	if token != "" {
		req.Header.Set("Authorization", token)
	}
	return req, nil
}

func (c *Container) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

func (c *Container) readFile(path string) ([]byte, error) {
	if c.ReadFile == nil {
		return os.ReadFile(path)
	}
	return c.ReadFile(path)
}

func (c *Container) pause(ctx context.Context, d time.Duration) error {
	if c.Pause == nil {
		return imds.Pause(ctx, d)
	}
	return c.Pause(ctx, d)
}
