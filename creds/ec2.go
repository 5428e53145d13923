package creds

import (
	"context"
	"errors"
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

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// EC2 provides the credentials of the instance's role.
type EC2 struct {
	Client  *imds.Client
	Profile string           // name of the instance profile; "" asks for it
	Now     func() time.Time // default time.Now
	// Learn is told of the service's time when its keys are dead by Now alone; they
	// are taken then. It may be nil.
	Learn func(server time.Time)

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
	role, err := e.role(ctx, base)
	if err != nil {
		return Credentials{}, err
	}
	doc, err := e.Client.Get(ctx, base+role)
	if err != nil {
		return Credentials{}, fmt.Errorf("credentials of EC2 instance role %q: %w", role, err)
	}
	c, err := parseBothClocks([]byte(doc), e.now(), e.Client.ServerTime(), e.Learn)
	if err == nil && !c.CanExpire() {
		err = errors.New(`its expiration "" is no time of RFC 3339`)
	}
	if err != nil {
		return Credentials{}, fmt.Errorf("credentials of EC2 instance role %q: %w", role, err)
	}
	c.Source = "ec2"
	return c, nil
}

// role returns the name of the instance's role.
func (e *EC2) role(ctx context.Context, base string) (string, error) {
	if e.Profile != "" {
		return e.Profile, nil
	}
	list, err := e.Client.Get(ctx, base)
	if imds.IsUnavailable(err) {
		return "", fmt.Errorf("EC2 instance metadata at %s: %w (%w)", e.Client.Endpoint(), ErrNotConfigured, err)
	}
	if err != nil {
		return "", fmt.Errorf("EC2 instance role: %w", err)
	}
	role, _, _ := strings.Cut(strings.TrimSpace(list), "\n")
	if role = strings.TrimSpace(role); role == "" {
		return "", fmt.Errorf("EC2 instance has no role: %w", ErrNotConfigured)
	}
	// A name that IAM does not allow is something else, a proxy's page, say, and is
	// neither asked for nor shown.
	if strings.Trim(role, letters+"0123456789_+=,.@-") != "" {
		return "", fmt.Errorf("EC2 instance role: the service answers %d bytes that are no role's name", len(role))
	}
	return role, nil
}

func (e *EC2) now() time.Time {
	if e.Now == nil {
		return time.Now()
	}
	return e.Now()
}
