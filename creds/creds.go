// Package creds finds AWS credentials and keeps them fresh.
//
// A Provider finds them in one place. A Chain asks providers in order. A Cache keeps what was found and refreshes it
// before it expires:
//
//	chain := creds.NewChain(creds.Env{Getenv: os.Getenv}, creds.NewCache(creds.CacheOptions{
//		Provider: &ec2.Provider{Client: imds.New(imds.Options{})},
//	}))
//	c, err := chain.Retrieve(ctx)
//
// Each other source is a package of its own below this one. AWS's own order of sources is package creds/standard.
package creds

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"sluice/creds/internal/document"
)

// Provider finds credentials in one place. Retrieve returns complete credentials that have not expired, or an error.
// The error is ErrNotConfigured, wrapped with the names of the settings that were looked at, if nothing configures this
// place. Implementations are safe for concurrent use.
type Provider interface {
	Retrieve(ctx context.Context) (Credentials, error)
}

// Invalidator is a Provider that keeps what it found. Invalidate tells it that the service refused these credentials,
// and reports whether the next Retrieve will ask for new ones. Implementations are safe for concurrent use.
type Invalidator interface {
	Invalidate(used Credentials) bool
}

// Credentials sign requests. Printing them in any way shows no secret.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string    // "" for long-lived keys
	AccountID       string    // "" if the source does not name it
	Expires         time.Time // zero: never
	Source          string    // name of the provider that found them
}

// CanExpire reports whether the credentials expire by themselves.
func (c Credentials) CanExpire() bool { return !c.Expires.IsZero() }

// Expired reports whether they have expired at t.
func (c Credentials) Expired(t time.Time) bool { return c.CanExpire() && !t.Before(c.Expires) }

// SameKey reports whether both are the same key, whatever their expiry.
func (c Credentials) SameKey(d Credentials) bool {
	return c.AccessKeyID == d.AccessKeyID && c.SessionToken == d.SessionToken
}

// String shows only what is not secret.
func (c Credentials) String() string {
	expires := "never"
	if c.CanExpire() {
		expires = c.Expires.UTC().Format(time.RFC3339)
	}
	return fmt.Sprintf("{%s from %s, expires %s}", c.AccessKeyID, c.Source, expires)
}

// Format writes String for every verb of package fmt: without it, %d for example would print the fields.
func (c Credentials) Format(f fmt.State, _ rune) { io.WriteString(f, c.String()) }

// GoString is String, for callers other than package fmt.
func (c Credentials) GoString() string { return c.String() }

// LogValue is String, for slog.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON fails: credentials are written only where that is intended.
func (c Credentials) MarshalJSON() ([]byte, error) {
	return nil, errors.New("credentials must not be marshalled")
}

// check refuses what must never be handed out: incomplete and expired credentials.
func (c Credentials) check(now time.Time) error {
	return document.Check(c.AccessKeyID, c.SecretAccessKey, c.Expires, now)
}
