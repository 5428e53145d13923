// Package creds finds AWS credentials and keeps them fresh.
//
// A Provider finds them in one place. A Chain asks providers in order, a Cache
// keeps what was found and refreshes it ahead of its expiry:
//
//	chain := creds.NewChain(creds.Env{Getenv: os.Getenv}, creds.NewCache(creds.CacheOptions{
//		Provider: creds.EC2{Client: imds.New(imds.Options{})},
//	}))
//	c, err := chain.Retrieve(ctx)
//
// AWS's own order of providers is package creds/standard.
package creds

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// ErrNotConfigured is a provider's way to say "not mine": nothing asks for it,
// and a Chain goes on to the next. Any other error means that the provider was
// meant and failed; it stops the Chain.
var ErrNotConfigured = errors.New("not configured")

// Provider finds credentials in one place. Retrieve returns ErrNotConfigured
// (wrapped, with what it looked at) if there is no sign that this place is
// meant. It returns whole credentials that have not expired, or an error.
// Implementations are safe for concurrent use.
type Provider interface {
	Retrieve(ctx context.Context) (Credentials, error)
}

// Invalidator is a Provider that keeps what it found. Invalidate says that the
// service refused these credentials, and tells whether the next Retrieve will
// ask for new ones. Safe for concurrent use.
type Invalidator interface {
	Invalidate(used Credentials) bool
}

// Credentials sign requests. Printing them in any way shows no secret.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string    // "" for long-lived keys
	AccountID       string    // "" if the source does not tell
	Expires         time.Time // zero: never
	Source          string    // the provider that found them
}

// CanExpire tells whether the credentials end by themselves.
func (c Credentials) CanExpire() bool { return !c.Expires.IsZero() }

// Expired tells whether they have ended at t.
func (c Credentials) Expired(t time.Time) bool { return c.CanExpire() && !t.Before(c.Expires) }

// sameKey tells whether both are the same key, whatever their expiry.
func (c Credentials) sameKey(d Credentials) bool {
	return c.AccessKeyID == d.AccessKeyID && c.SessionToken == d.SessionToken
}

// String shows what is no secret.
func (c Credentials) String() string {
	expires := "never"
	if c.CanExpire() {
		expires = c.Expires.UTC().Format(time.RFC3339)
	}
	return fmt.Sprintf("{%s from %s, expires %s}", c.AccessKeyID, c.Source, expires)
}

// Format writes String for every verb of package fmt: without it %d, say, would
// print the fields.
func (c Credentials) Format(f fmt.State, _ rune) { io.WriteString(f, c.String()) }

// GoString is String, for who asks without package fmt.
func (c Credentials) GoString() string { return c.String() }

// LogValue is String, for slog.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON refuses: credentials are written by who means to write them.
func (c Credentials) MarshalJSON() ([]byte, error) {
	return nil, errors.New("credentials are not to be marshalled")
}

// check refuses what must never be published: halves, blanks and the dead.
func (c Credentials) check(now time.Time) error {
	switch {
	case c.AccessKeyID == "" || c.SecretAccessKey == "":
		return errors.New("access key ID or secret access key is empty")
	case c.Expired(now):
		return fmt.Errorf("expired at %s", c.Expires.UTC().Format(time.RFC3339))
	}
	return nil
}
