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
	rolePath     = "/latest/meta-data/iam/security-credentials/"
	extendedPath = "/latest/meta-data/iam/security-credentials-extended/"
)

// EC2 provides the credentials of the instance's role.
type EC2 struct {
	Client  *imds.Client
	Profile string           // name of the instance profile; "" asks for it
	Now     func() time.Time // default time.Now
	// Learn is told of the service's time when its keys are dead by Now alone; they
	// are taken then. It may be nil.
	Learn func(server time.Time)

	account atomic.Pointer[roleAccount] // what was learned of the last role
}

// roleAccount is a role's account, "" if nobody tells it.
type roleAccount struct{ role, account string }

// Retrieve asks the metadata service. Without one, or without a role, it is
// ErrNotConfigured.
//
// The key is never taken from the extended path: kube2iam and kiam answer for a
// pod's role at the older one, and pass all else on to the node's service.
func (e *EC2) Retrieve(ctx context.Context) (Credentials, error) {
	role, err := e.role(ctx)
	if err != nil {
		return Credentials{}, err
	}
	c, err := e.key(ctx, rolePath, role)
	if imds.IsNotFound(err) {
		return c, fmt.Errorf("EC2 instance has no role: %w", ErrNotConfigured)
	}
	if err != nil {
		return c, fmt.Errorf("credentials of EC2 instance role %q: %w", role, err)
	}
	if c.AccountID == "" {
		c.AccountID = e.accountOf(ctx, role, c)
	}
	c.Source = "ec2"
	return c, nil
}

// key returns the role's key at a path.
func (e *EC2) key(ctx context.Context, base, role string) (Credentials, error) {
	doc, err := e.Client.Get(ctx, base+role)
	if err != nil {
		return Credentials{}, err
	}
	c, err := parseBothClocks([]byte(doc), e.now(), e.Client.ServerTime(), e.Learn)
	if err == nil && !c.CanExpire() {
		err = errors.New(`its expiration "" is no time of RFC 3339`)
	}
	return c, err
}

// accountOf asks once for each role which account a key is of. An answer with
// another key is another role's.
func (e *EC2) accountOf(ctx context.Context, role string, c Credentials) string {
	known := e.account.Load()
	if known == nil || known.role != role {
		known = &roleAccount{role: role}
		if extended, err := e.key(ctx, extendedPath, role); err == nil && extended.sameKey(c) {
			known.account = extended.AccountID
		}
		e.account.Store(known)
	}
	return known.account
}

// role returns the name of the instance's role.
func (e *EC2) role(ctx context.Context) (string, error) {
	if e.Profile != "" {
		return e.Profile, nil
	}
	list, err := e.Client.Get(ctx, rolePath)
	if imds.IsUnavailable(err) {
		return "", fmt.Errorf("EC2 instance metadata at %s: %w (%w)", e.Client.Endpoint(), ErrNotConfigured, err)
	}
	if imds.IsNotFound(err) {
		return "", fmt.Errorf("EC2 instance has no role: %w", ErrNotConfigured)
	}
	if err != nil {
		return "", fmt.Errorf("EC2 instance role: %w", err)
	}
	role, _, _ := strings.Cut(strings.TrimSpace(list), "\n")
	if role = strings.TrimSpace(role); role == "" {
		return "", fmt.Errorf("EC2 instance has no role: %w", ErrNotConfigured)
	}
	// Something else, a proxy's page, say, is neither asked for nor shown.
	if !isRoleName(role) {
		return "", fmt.Errorf("EC2 instance role: the service answers %d bytes that are not a role's name", len(role))
	}
	return role, nil
}

// isRoleName reports whether IAM allows a name, which kube2iam gives with its path
// or as an ARN.
func isRoleName(name string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	const longest = 2048 // of an ARN
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || strings.Trim(part, ".") == "" || strings.Trim(part, letters+"0123456789_+=,.@:-") != "" {
			return false
		}
	}
	return len(name) <= longest
}

func (e *EC2) now() time.Time {
	if e.Now == nil {
		return time.Now()
	}
	return e.Now()
}
