package sidecar

import (
	"context"
	"sync/atomic"
	"time"

	"sluice/creds"
	"sluice/creds/sts"
)

// Sources make providers of AWS credentials and say how to reach STS. They are
// called when the configuration is read, concurrently with retrievals.
type Sources interface {
	// Provider returns the provider of a source's keys. It retrieves nothing.
	Provider(Source) (creds.Provider, error)
	// STS says how to reach STS with them.
	STS(Source) (creds.Service, error)
}

// keeper keeps one service's key fresh, until it is revoked.
type keeper struct {
	cache   *creds.Cache
	revoked atomic.Bool // what it holds is not handed out any more
	held    atomic.Pointer[held]
	failed  atomic.Bool // the last retrieval
	asking  atomic.Bool // in the background, after a failure
}

// held is a key without its secret.
type held struct{ since, expires time.Time }

// observer is told how retrievals went.
type observer func(took time.Duration, err error)

// newKeeper makes the keeper of a service's key.
func newKeeper(provider creds.Provider, r Refresh, now func() time.Time, tell observer) *keeper {
	k := &keeper{}
	role, _ := provider.(sts.AssumeRole)
	buffer := time.Duration(r.Buffer) * time.Second
	k.cache = creds.NewCache(creds.CacheOptions{
		Provider:  watched{provider, k, now, tell},
		KeepFresh: role.TokenCode == "", // a code works once
		// Zero would be the cache's default; a third of the time is left for callers
		// to wait in, should the background not succeed.
		Advisory: max(buffer, 1), Mandatory: max(buffer/3, 1),
		Timeout: time.Duration(r.Timeout) * time.Second, MaxBackoff: time.Duration(r.RetryDelay) * time.Second, Now: now,
	})
	return k
}

// able tells whether the keeper can give a key, as far as is known without
// asking for one.
func (k *keeper) able(now time.Time) bool {
	if h := k.held.Load(); h != nil && (h.expires.IsZero() || now.Before(h.expires)) {
		return true
	}
	return !k.failed.Load()
}

// watched notes how retrievals go.
type watched struct {
	provider creds.Provider
	keeper   *keeper
	now      func() time.Time
	tell     observer
}

func (w watched) Retrieve(ctx context.Context) (creds.Credentials, error) {
	began := w.now()
	found, err := w.provider.Retrieve(ctx)
	ended := w.now()
	w.keeper.failed.Store(err != nil)
	if err == nil {
		w.keeper.held.Store(&held{ended, found.Expires})
	}
	w.tell(ended.Sub(began), err)
	return found, err
}

// Provider makes the provider of what a service of the configuration hands out.
func (c *Config) Provider(service string, from Sources) (creds.Provider, error) {
	return providerOf(c.Services[service], from)
}

// providerOf makes the provider of what a service hands out.
func providerOf(c ServiceConfig, from Sources) (creds.Provider, error) {
	base, err := from.Provider(c.Source)
	if err != nil || c.Role == nil {
		return base, err
	}
	service, err := from.STS(c.Source)
	if err != nil {
		return nil, err
	}
	r := c.Role
	role := sts.AssumeRole{
		STS: service, Base: base, RoleARN: r.RoleARN, SessionName: r.SessionName, Duration: time.Duration(r.Duration) * time.Second,
		ExternalID: string(r.ExternalID), Policy: string(r.Policy), TransitiveTags: r.TransitiveTags, SourceIdentity: r.SourceIdentity,
		SerialNumber: r.SerialNumber, TokenCode: string(r.TokenCode),
	}
	for _, each := range r.PolicyARNs {
		role.PolicyARNs = append(role.PolicyARNs, string(each))
	}
	for _, each := range r.Tags {
		if role.Tags == nil {
			role.Tags = map[string]string{}
		}
		role.Tags[each.Key] = each.Value
	}
	for _, each := range r.ProvidedContext {
		role.Contexts = append(role.Contexts, sts.ProvidedContext{ProviderARN: each.ProviderARN, Assertion: string(each.Assertion)})
	}
	return role, nil
}
