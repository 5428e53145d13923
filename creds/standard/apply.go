package standard

import (
	"context"
	"errors"
	"fmt"

	"sluice/creds"
	"sluice/creds/profile"
)

// accept applies what the files ask for. If they ask for the same as before, nothing changes. Credentials that have to
// be retrieved first stay pending until they have been.
func (p *profileProvider) accept(files sharedFiles, r *resolved) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx.Err() != nil {
		return
	}
	p.files, p.err = files, nil
	replaced := p.pending
	p.pending = nil
	switch {
	case p.current != nil && r.key == p.current.key:
	case p.current == nil || r.isStatic():
		p.promote(r)
	default:
		p.pending = r
	}
	p.retire(replaced)
}

// tryPending retrieves the pending credentials, and serves them once that succeeds.
func (p *profileProvider) tryPending() {
	p.mu.Lock()
	pending := p.pending
	p.mu.Unlock()
	if pending == nil {
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, tryTimeout)
	defer cancel()
	_, err := pending.provider.Retrieve(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.ctx.Err() != nil:
	case err == nil:
		p.err, p.pending = nil, nil
		p.promote(pending)
	default:
		known := p.err != nil
		p.err = fmt.Errorf("the shared AWS files have changed, but the new credentials cannot be retrieved: %w",
			creds.Meant(err))
		p.notifyKept(known)
	}
}

// promote serves r instead of what was served. It is called with mu held.
func (p *profileProvider) promote(r *resolved) {
	old := p.current
	p.current = r
	for key, c := range r.caches {
		if !old.has(key) {
			p.settings.sources.subscribe(c)
		}
	}
	if old == nil {
		return
	}
	// Caches notify of their own credentials.
	if static, ok := r.provider.(creds.Static); ok {
		previous, _ := old.provider.(creds.Static)
		p.notify(creds.Update{Credentials: static.Credentials, Previous: previous.Credentials})
	}
	p.retire(old)
}

// reject keeps the old credentials if the files cannot be used, since they may be half written. If a file was deleted,
// its credentials are revoked.
func (p *profileProvider) reject(files sharedFiles, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	asksNothing := errors.Is(err, profile.ErrNoProfile) || errors.Is(err, profile.ErrNoCredentials)
	switch {
	case p.ctx.Err() != nil:
	case p.current == nil:
		p.err = err
	case asksNothing && files.lacks(p.files):
		p.revoke(files, err)
	default:
		err = fmt.Errorf("the shared AWS files have changed and cannot be used: %w", err)
		known := p.err != nil && p.err.Error() == err.Error()
		p.err = err
		p.notifyKept(known)
	}
}

// revoke serves no credentials any more. It is called with mu held.
func (p *profileProvider) revoke(files sharedFiles, err error) {
	old, pending := p.current, p.pending
	p.current, p.pending, p.files, p.err = nil, nil, files, err
	u := creds.Update{
		Previous: creds.Credentials{Source: p.settings.sourceName()},
		Err:      fmt.Errorf("a shared AWS file was deleted: %w", err),
	}
	if static, ok := old.provider.(creds.Static); ok {
		u.Previous = static.Credentials
	}
	p.notify(u)
	p.retire(old, pending)
}

// notifyKept reports why the old credentials stay in use, unless that is known.
func (p *profileProvider) notifyKept(known bool) {
	if !known {
		p.notify(creds.Update{Credentials: creds.Credentials{Source: p.settings.sourceName()}, Err: p.err})
	}
}

func (p *profileProvider) notify(u creds.Update) { p.settings.sources.notify(u) }

// retire shuts down the caches that nothing is served from any more. It does not cancel what they are retrieving: that
// would fail callers who wait for it, and might waste a refresh token. It is called with mu held.
func (p *profileProvider) retire(old ...*resolved) {
	for _, r := range old {
		for key, c := range r.ownCaches() {
			if p.current.has(key) || p.pending.has(key) || p.retired[c] {
				continue
			}
			p.retired[c] = true
			p.shutdowns.Go(func() {
				c.Shutdown()
				p.mu.Lock()
				defer p.mu.Unlock()
				delete(p.retired, c)
			})
		}
	}
}
