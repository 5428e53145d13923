// Package ec2 finds the credentials of an EC2 instance's role.
//
//	provider := &ec2.Provider{Client: imds.New(imds.Options{})}
package ec2

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"sluice/creds"
	"sluice/creds/internal/document"
	"sluice/imds"
)

// The paths of the credentials. Only the extended one names the account; services without it answer 404.
const (
	rolePath     = "/latest/meta-data/iam/security-credentials/"
	extendedPath = "/latest/meta-data/iam/security-credentials-extended/"
)

// Provider asks the metadata service for the role's credentials. Its fields are not changed after the first Retrieve;
// then it is safe for concurrent use.
type Provider struct {
	Client  *imds.Client
	Profile string           // name of the instance profile; "" asks the service for it
	Now     func() time.Time // default time.Now
	// Learn, if non-nil, is called with the service's time when its keys have expired by Now alone; they are accepted
	// then.
	Learn func(server time.Time)

	account atomic.Pointer[roleAccount] // of the last role
}

// roleAccount is a role's account, "" if the service does not name it.
type roleAccount struct{ role, account string }

var errNoRole = fmt.Errorf("EC2 instance has no role: %w", creds.ErrNotConfigured)

// Retrieve asks the metadata service. Without a service or a role the error is creds.ErrNotConfigured.
//
// The key never comes from the extended path: kube2iam and kiam answer for a pod's role at the older path, and forward
// all others to the node's service.
func (p *Provider) Retrieve(ctx context.Context) (creds.Credentials, error) {
	role, err := p.role(ctx)
	if err != nil {
		return creds.Credentials{}, err
	}
	found, err := p.retrieveAt(ctx, rolePath, role)
	if imds.IsNotFound(err) {
		return creds.Credentials{}, errNoRole
	}
	if err != nil {
		return creds.Credentials{}, fmt.Errorf("credentials of EC2 instance role %q: %w", role, err)
	}
	if found.AccountID == "" {
		found.AccountID = p.accountOf(ctx, role, found)
	}
	return found, nil
}

// retrieveAt returns a role's credentials at a path.
func (p *Provider) retrieveAt(ctx context.Context, path, role string) (creds.Credentials, error) {
	body, err := p.Client.Get(ctx, path+role)
	if err != nil {
		return creds.Credentials{}, err
	}
	keys, err := document.ParseMetadata([]byte(body))
	if err == nil {
		err = keys.Check(document.Clocks{Machine: p.now(), Server: p.Client.ServerTime(), Learn: p.Learn})
	}
	switch {
	case err != nil:
		return creds.Credentials{}, err
	case keys.Expires.IsZero():
		return creds.Credentials{}, errors.New("the answer has no Expiration")
	}
	return creds.Credentials{
		AccessKeyID:     keys.AccessKeyID,
		SecretAccessKey: keys.SecretAccessKey,
		SessionToken:    keys.SessionToken,
		AccountID:       keys.AccountID,
		Expires:         keys.Expires,
		Source:          "ec2",
	}, nil
}

// accountOf asks once per role which account its key belongs to. An answer with another key is about another role.
func (p *Provider) accountOf(ctx context.Context, role string, c creds.Credentials) string {
	known := p.account.Load()
	if known == nil || known.role != role {
		known = &roleAccount{role: role}
		if extended, err := p.retrieveAt(ctx, extendedPath, role); err == nil && extended.SameKey(c) {
			known.account = extended.AccountID
		}
		p.account.Store(known)
	}
	return known.account
}

// role returns the name of the instance's role.
func (p *Provider) role(ctx context.Context) (string, error) {
	if p.Profile != "" {
		return p.Profile, nil
	}
	list, err := p.Client.Get(ctx, rolePath)
	switch {
	case imds.IsUnavailable(err):
		return "", fmt.Errorf("EC2 instance metadata at %s: %w (%w)", p.Client.Endpoint(), creds.ErrNotConfigured, err)
	case imds.IsNotFound(err):
		return "", errNoRole
	case err != nil:
		return "", fmt.Errorf("EC2 instance role: %w", err)
	}
	role, _, _ := strings.Cut(strings.TrimSpace(list), "\n")
	if role = strings.TrimSpace(role); role == "" {
		return "", errNoRole
	}
	// Anything else, such as a proxy's page, is neither requested nor shown.
	if !isRoleName(role) {
		return "", fmt.Errorf("EC2 instance role: the service answers %d bytes that are not the name of a role",
			len(role))
	}
	return role, nil
}

// isRoleName reports whether IAM allows a name. kube2iam gives it with its path or as an ARN.
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

func (p *Provider) now() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}
