package creds

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"sluice/imds"
)

// Paths of the credentials. The extended one tells the account, too; services
// that do not have it answer 404.
const (
	extendedPath = "/latest/meta-data/iam/security-credentials-extended/"
	legacyPath   = "/latest/meta-data/iam/security-credentials/"
)

// EC2 provides the credentials of the instance's role.
type EC2 struct {
	Client *imds.Client
	Now    func() time.Time // default time.Now

	legacy atomic.Bool // the service has no extended path
}

// Retrieve asks the metadata service. Without one, or without a role, it is
// ErrNotConfigured.
func (e *EC2) Retrieve(ctx context.Context) (Credentials, error) {
	if !e.legacy.Load() {
		c, err := e.retrieve(ctx, extendedPath)
		if !imds.IsNotFound(err) {
			return c, err
		}
		e.legacy.Store(true)
	}
	c, err := e.retrieve(ctx, legacyPath)
	if imds.IsNotFound(err) {
		return c, fmt.Errorf("EC2 instance has no role: %w", ErrNotConfigured)
	}
	return c, err
}

func (e *EC2) retrieve(ctx context.Context, base string) (Credentials, error) {
	list, err := e.Client.Get(ctx, base)
	if imds.IsUnavailable(err) {
		return Credentials{}, fmt.Errorf("EC2 instance metadata at %s: %w (%w)", e.Client.Endpoint(), ErrNotConfigured, err)
	}
	if err != nil {
		return Credentials{}, fmt.Errorf("EC2 instance role: %w", err)
	}
	role, _, _ := strings.Cut(strings.TrimSpace(list), "\n")
	role = strings.TrimSpace(role)
	if role == "" {
		return Credentials{}, fmt.Errorf("EC2 instance has no role: %w", ErrNotConfigured)
	}
	doc, err := e.Client.Get(ctx, base+role)
	if err != nil {
		return Credentials{}, fmt.Errorf("credentials of EC2 instance role %q: %w", role, err)
	}
	c, err := parseDocument([]byte(doc), e.now())
	if err != nil {
		return Credentials{}, fmt.Errorf("credentials of EC2 instance role %q: %w", role, err)
	}
	c.Source = "ec2"
	return c, nil
}

func (e *EC2) now() time.Time {
	if e.Now == nil {
		return time.Now()
	}
	return e.Now()
}

// document is what metadata services answer. Its errors are quoted by code
// only: a body may hold keys.
type document struct {
	Code                                string
	AccessKeyId, SecretAccessKey, Token string
	AccountId                           string
	Expiration                          string
}

// parseDocument reads the answer of a metadata service and refuses what is
// blank or dead.
func parseDocument(b []byte, now time.Time) (Credentials, error) {
	var d document
	if err := json.Unmarshal(b, &d); err != nil {
		return Credentials{}, fmt.Errorf("answer of %d bytes is not the JSON that was expected", len(b))
	}
	if d.Code != "" && d.Code != "Success" {
		return Credentials{}, fmt.Errorf("the service answers code %q instead of Success", d.Code)
	}
	c := Credentials{AccessKeyID: d.AccessKeyId, SecretAccessKey: d.SecretAccessKey, SessionToken: d.Token, AccountID: d.AccountId}
	var err error
	if c.Expires, err = time.Parse(time.RFC3339, d.Expiration); err != nil {
		return Credentials{}, fmt.Errorf("its expiration %q is no time of RFC 3339", d.Expiration)
	}
	return c, c.check(now)
}
