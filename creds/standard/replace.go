package standard

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"sluice/creds"
	"sluice/creds/profile"
)

// take puts in force what the files ask for now. If that is what they asked for
// before, all stays as it is. What has to be asked for first waits until it was
// had.
func (p *profileFiles) take(files sharedFiles, b *built) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.life.Err() != nil {
		return
	}
	p.files, p.err = files, nil
	before := p.next
	p.next = nil
	switch {
	case p.current != nil && b.key == p.current.key:
	case p.current == nil || b.isStatic():
		p.promote(b)
	default:
		p.next = b
	}
	p.retire(before)
}

// try asks what waits for its credentials, and serves it when it has them.
func (p *profileFiles) try() {
	p.mu.Lock()
	next := p.next
	p.mu.Unlock()
	if next == nil {
		return
	}
	ctx, cancel := context.WithTimeout(p.life, trial)
	defer cancel()
	_, err := next.provider.Retrieve(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.life.Err() != nil:
	case err == nil:
		p.err, p.next = nil, nil
		p.promote(next)
	default:
		known := p.err != nil
		p.err = fmt.Errorf("the shared AWS files have changed, and the new credentials cannot be had: %w", creds.Meant(err))
		p.tellKept(known)
	}
}

// promote serves b instead of what was served. It is called with mu held.
func (p *profileFiles) promote(b *built) {
	old := p.current
	p.current = b
	for key, c := range b.caches {
		if !old.has(key) {
			p.settings.sources.follow(c)
		}
	}
	if old == nil {
		return
	}
	// Others are told of by their caches.
	if now, ok := b.provider.(creds.Static); ok {
		before, _ := old.provider.(creds.Static)
		p.tell(creds.Update{Credentials: now.Credentials, Previous: before.Credentials})
	}
	p.retire(old)
}

// refuse keeps the old in its place where the files cannot be used: they may be
// half written. Where a file is gone that was there, its credentials are not to be
// used any more.
func (p *profileFiles) refuse(files sharedFiles, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	asksNothing := errors.Is(err, profile.ErrNoProfile) || errors.Is(err, profile.ErrNoCredentials)
	switch {
	case p.life.Err() != nil:
	case p.current == nil:
		p.err = err
	case asksNothing && files.without(p.files):
		p.revoke(files, err)
	default:
		err = fmt.Errorf("the shared AWS files have changed and cannot be used: %w", err)
		known := p.err != nil && p.err.Error() == err.Error()
		p.err = err
		p.tellKept(known)
	}
}

func (p *profileFiles) revoke(files sharedFiles, err error) {
	old, next := p.current, p.next
	p.current, p.next, p.files, p.err = nil, nil, files, err
	gone := creds.Update{Previous: creds.Credentials{Source: p.settings.label()}, Err: fmt.Errorf("the shared AWS files are gone: %w", err)}
	if before, ok := old.provider.(creds.Static); ok {
		gone.Previous = before.Credentials
	}
	p.tell(gone)
	p.retire(old, next)
}

// tellKept tells why the old is used on, unless that is known.
func (p *profileFiles) tellKept(known bool) {
	if !known {
		p.tell(creds.Update{Credentials: creds.Credentials{Source: p.settings.label()}, Err: p.err})
	}
}

func (p *profileFiles) tell(u creds.Update) { p.settings.sources.tell(u) }

// retire ends the caches that nothing is served from any more. What they are
// retrieving ends by itself: to cancel it would fail who waits for it, and might
// waste a refresh token. It is called with mu held.
func (p *profileFiles) retire(old ...*built) {
	for _, b := range old {
		for key, c := range b.owned() {
			if p.current.has(key) || p.next.has(key) || p.retired[c] {
				continue
			}
			p.retired[c] = true
			p.ending.Go(func() {
				c.Finish()
				p.mu.Lock()
				defer p.mu.Unlock()
				delete(p.retired, c)
			})
		}
	}
}

// caches returns all that are there. It is called with mu held.
func (p *profileFiles) caches() []*creds.Cache {
	all := slices.Collect(maps.Keys(p.retired))
	for _, b := range []*built{p.current, p.next} {
		for _, c := range b.owned() {
			all = append(all, c)
		}
	}
	return all
}
