package standard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"sluice/creds"
	"sluice/creds/profile"
)

// profileProvider provides what a profile asks for, and notices when the files change: long-lived keys are rotated by
// rewriting them. It reads the files on a goroutine of its own, since a home folder may hang. It is safe for concurrent
// use.
type profileProvider struct {
	settings settings
	ctx      context.Context // canceled by close
	cancel   context.CancelFunc

	mu         sync.Mutex // guards what follows
	reload     *reload    // the last one
	reloadedAt time.Time  // when it began
	refused    bool       // the service has refused a key since then
	files      sharedFiles
	current    *resolved // from files; nil until they could be used
	pending    *resolved // from newer files; its credentials have not been retrieved yet
	err        error     // of the last reload, nil if it succeeded
	retired    map[*creds.Cache]bool
	shutdowns  sync.WaitGroup // of the retired caches
}

// profile returns the process's provider of a profile.
func (s *Sources) profile(t settings) creds.Provider {
	o := t.options
	o.Profile, o.RoleARN, o.ExternalID = t.profile, "", ""
	s.mu.Lock()
	defer s.mu.Unlock()
	key := profileKey{o, t.options.Profile != ""}
	if s.profiles[key] == nil {
		p := &profileProvider{settings: t, retired: map[*creds.Cache]bool{}}
		p.ctx, p.cancel = context.WithCancel(context.Background())
		s.profiles[key] = p
	}
	return s.profiles[key]
}

// Retrieve returns creds.ErrNotConfigured if the profile is the default one and does not exist, or if it exists and has
// no settings of credentials, unless it is the only source.
func (p *profileProvider) Retrieve(ctx context.Context) (creds.Credentials, error) {
	r, l := p.startReload()
	if r == nil {
		l.wait(ctx)
	}
	l.waitIfUrgent(ctx)
	r, err := p.serving()
	if r == nil {
		return creds.Credentials{}, p.explain(ctx, l, err)
	}
	found, err := r.provider.Retrieve(ctx)
	if err == nil {
		return found, nil
	}
	// The files may have been corrected, and a reload be under way.
	l.wait(ctx)
	reloaded, reloadErr := p.serving()
	if reloaded != nil && reloaded != r {
		found, err = reloaded.provider.Retrieve(ctx)
	}
	switch {
	case err == nil:
		return found, nil
	case reloadErr != nil:
		err = fmt.Errorf("%w; the old ones: %w", reloadErr, err)
	}
	return creds.Credentials{}, fmt.Errorf("profile %q: %w", p.settings.profile, creds.Meant(err))
}

// explain says why there are no credentials to serve.
func (p *profileProvider) explain(ctx context.Context, l *reload, err error) error {
	if !l.finished() {
		return fmt.Errorf("profile %q: read the shared AWS files: %w", p.settings.profile, context.Cause(ctx))
	}
	absent := errors.Is(err, profile.ErrNoProfile) && !p.settings.named
	if (absent || errors.Is(err, profile.ErrNoCredentials)) && p.settings.options.Profile == "" {
		err = fmt.Errorf("%w: %w", err, creds.ErrNotConfigured)
	}
	where, locateErr := p.settings.sources.location()
	if locateErr != nil {
		return fmt.Errorf("profile %q: %w", p.settings.profile, err)
	}
	return fmt.Errorf("%w (files %s and %s)", err, where.Config, where.Credentials)
}

// Invalidate makes the next Retrieve wait for a reload of the files, and passes the refusal on.
func (p *profileProvider) Invalidate(used creds.Credentials) bool {
	p.mu.Lock()
	p.refused = true
	current := p.current
	p.mu.Unlock()
	if current == nil {
		return false
	}
	source, ok := current.provider.(creds.Invalidator)
	return ok && source.Invalidate(used)
}

// Format writes the profile's name, and nothing from the files, for every verb.
func (p *profileProvider) Format(f fmt.State, _ rune) { io.WriteString(f, p.settings.sourceName()) }

// serving returns what is served and the error of the last reload.
func (p *profileProvider) serving() (*resolved, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == nil && p.err == nil {
		return nil, creds.ErrClosed
	}
	return p.current, p.err
}

// close cancels all retrievals and waits for them. It waits at most a second for a reload, which may hang.
func (p *profileProvider) close() {
	p.mu.Lock()
	p.cancel()
	l := p.reload
	caches := p.caches()
	p.mu.Unlock()
	if l != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		l.wait(ctx)
	}
	for _, c := range caches {
		c.Close()
	}
	p.shutdowns.Wait()
}

// caches returns all caches that are not closed. It is called with mu held.
func (p *profileProvider) caches() []*creds.Cache {
	all := slices.Collect(maps.Keys(p.retired))
	for _, r := range []*resolved{p.current, p.pending} {
		for _, c := range r.ownCaches() {
			all = append(all, c)
		}
	}
	return all
}
