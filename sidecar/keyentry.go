package sidecar

import (
	"context"
	"sync/atomic"
	"time"

	"sluice/creds"
	"sluice/creds/sts"
	"sluice/sidecar/config"
)

// keyEntry keeps one service's key fresh, until it is revoked.
type keyEntry struct {
	cache    *creds.Cache
	revoked  atomic.Bool             // the key may not be handed out any more
	info     atomic.Pointer[keyInfo] // of the last key, nil before the first
	failed   atomic.Bool             // the last retrieval failed
	retrying atomic.Bool             // countAble has a retrieval under way
}

// keyInfo is what may be shown of a key.
type keyInfo struct{ retrieved, expires time.Time } // expires is zero for never

// newKeyEntry makes the entry of a service's key. onRetrieve is called after each
// retrieval.
func newKeyEntry(
	provider creds.Provider, r config.Refresh, now func() time.Time, onRetrieve func(took time.Duration, err error),
) *keyEntry {
	e := &keyEntry{}
	role, _ := provider.(sts.AssumeRole)
	buffer := time.Duration(r.Buffer) * time.Second
	e.cache = creds.NewCache(creds.CacheOptions{
		Provider: observed{
			provider:   provider,
			entry:      e,
			now:        now,
			onRetrieve: onRetrieve,
		},
		KeepFresh: role.TokenCode == "", // a code works only once
		// Zero would mean the cache's default. The last third of the buffer is left for
		// callers to wait in, should the background not succeed.
		Advisory:   max(buffer, 1),
		Mandatory:  max(buffer/3, 1),
		Timeout:    time.Duration(r.Timeout) * time.Second,
		MaxBackoff: time.Duration(r.RetryDelay) * time.Second,
		Now:        now,
	})
	return e
}

// isAble reports whether the entry can give a key, as far as is known without
// asking for one.
func (e *keyEntry) isAble(now time.Time) bool {
	if i := e.info.Load(); i != nil && (i.expires.IsZero() || now.Before(i.expires)) {
		return true
	}
	return !e.failed.Load()
}

// observed is a provider whose retrievals are recorded in an entry.
type observed struct {
	provider   creds.Provider
	entry      *keyEntry
	now        func() time.Time
	onRetrieve func(took time.Duration, err error)
}

// Retrieve asks the provider.
func (o observed) Retrieve(ctx context.Context) (creds.Credentials, error) {
	began := o.now()
	found, err := o.provider.Retrieve(ctx)
	ended := o.now()
	o.entry.failed.Store(err != nil)
	if err == nil {
		o.entry.info.Store(&keyInfo{retrieved: ended, expires: found.Expires})
	}
	o.onRetrieve(ended.Sub(began), err)
	return found, err
}
