// Package container finds the credentials of an ECS task, a Greengrass component or an EKS pod identity.
//
//	uri, err := container.URI(os.Getenv)
//	provider := &container.Provider{URI: uri, Token: os.Getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN")}
//
// Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
package container

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"sluice/creds"
	"sluice/imds"
)

// Provider asks a container's credential service. Its fields are not changed after the first Retrieve; then it is safe
// for concurrent use.
type Provider struct {
	URI       string // absolute, as URI returns it
	TokenFile string // read for each request, since it is rotated; wins over Token
	Token     string // "" sends none

	ReadFile func(path string) ([]byte, error) // default os.ReadFile
	// Transport replaces the network. The default connects directly, without a proxy, and checks each address first.
	Transport http.RoundTripper
	Resolver  *net.Resolver    // of the default transport; nil: the system's
	RootCAs   *x509.CertPool   // of the default transport; nil: the system's
	Now       func() time.Time // default time.Now
	// Learn, if non-nil, is called with the service's time when keys have expired by Now alone; they are accepted then.
	Learn func(server time.Time)
	// Pause waits for d or returns ctx's error; default imds.Pause.
	Pause func(ctx context.Context, d time.Duration) error
}

// Bounds of a retrieval, which takes less than 20 s in all.
const (
	attempts       = 3
	connectTimeout = 2 * time.Second
	requestTimeout = 5 * time.Second // with connecting
	baseBackoff    = 200 * time.Millisecond
	maxAnswer      = 64 << 10
)

// Retrieve asks the service. Without a URI the error is creds.ErrNotConfigured. Errors name the service's host but not
// the path: on ECS, anyone who knows the path gets the keys.
func (p *Provider) Retrieve(ctx context.Context) (creds.Credentials, error) {
	if blank(p.URI) {
		return creds.Credentials{}, fmt.Errorf("container credentials: no URI: %w", creds.ErrNotConfigured)
	}
	uri, err := parseURI(p.URI)
	if err != nil {
		return creds.Credentials{}, fmt.Errorf("container credentials: %w", err)
	}
	keys, err := p.retry(ctx, uri)
	if err != nil {
		return creds.Credentials{}, fmt.Errorf("container credentials from %s://%s: %w", uri.Scheme, uri.Host, err)
	}
	return creds.Credentials{
		AccessKeyID:     keys.AccessKeyID,
		SecretAccessKey: keys.SecretAccessKey,
		SessionToken:    keys.SessionToken,
		AccountID:       keys.AccountID,
		Expires:         keys.Expires,
		Source:          "container",
	}, nil
}

// Format prints neither the address nor the token, for every verb of package fmt.
func (p Provider) Format(f fmt.State, _ rune) { io.WriteString(f, "container credentials") }

func (p *Provider) now() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}

func (p *Provider) readFile(path string) ([]byte, error) {
	if p.ReadFile == nil {
		return os.ReadFile(path)
	}
	return p.ReadFile(path)
}

func (p *Provider) pause(ctx context.Context, d time.Duration) error {
	if p.Pause == nil {
		return imds.Pause(ctx, d)
	}
	return p.Pause(ctx, d)
}
