package creds

import (
	"cmp"
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
//
// kube2iam answers the legacy path for a pod, and passes the extended one on to the
// node's own service. So the legacy path says which role it is, and the extended one
// is believed where it names the same.
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

	legacy atomic.Bool // the service does not have the extended path
}

// Retrieve asks the metadata service. Without one, or without a role, it is
// ErrNotConfigured.
func (e *EC2) Retrieve(ctx context.Context) (Credentials, error) {
	listed, err := e.role(ctx)
	if err != nil && e.Profile == "" {
		return Credentials{}, err
	}
	role := cmp.Or(e.Profile, listed)
	if role == listed && e.isExtended(ctx, role) {
		return e.retrieve(ctx, extendedPath, role)
	}
	return e.retrieve(ctx, legacyPath, role)
}

func (e *EC2) retrieve(ctx context.Context, base, role string) (Credentials, error) {
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

// role returns the name of the role that the legacy path lists.
func (e *EC2) role(ctx context.Context) (string, error) {
	list, err := e.Client.Get(ctx, legacyPath)
	if imds.IsUnavailable(err) {
		return "", fmt.Errorf("EC2 instance metadata at %s: %w (%w)", e.Client.Endpoint(), ErrNotConfigured, err)
	}
	if imds.IsNotFound(err) {
		return "", fmt.Errorf("EC2 instance has no role: %w", ErrNotConfigured)
	}
	if err != nil {
		return "", fmt.Errorf("EC2 instance role: %w", err)
	}
	role := firstLine(list)
	if role == "" {
		return "", fmt.Errorf("EC2 instance has no role: %w", ErrNotConfigured)
	}
	// kube2iam lists ARNs and names with paths, too. What neither may contain is
	// something else, a proxy's page, say, and is neither asked for nor shown.
	if strings.Trim(role, letters+"0123456789_+=,.@-:/") != "" {
		return "", fmt.Errorf("EC2 instance role: the service answers %d bytes that are not a role's name", len(role))
	}
	return role, nil
}

// isExtended reports whether the extended path lists the role, too. If it fails, the
// legacy path still has the keys.
func (e *EC2) isExtended(ctx context.Context, role string) bool {
	if e.legacy.Load() {
		return false
	}
	list, err := e.Client.Get(ctx, extendedPath)
	if imds.IsNotFound(err) {
		e.legacy.Store(true)
	}
	return err == nil && firstLine(list) == role
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(line)
}

func (e *EC2) now() time.Time {
	if e.Now == nil {
		return time.Now()
	}
	return e.Now()
}
