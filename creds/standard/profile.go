package standard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"sluice/creds"
	"sluice/creds/profile"
)

// profileFiles provides what a profile asks for, and notices when the files
// change: long-lived keys are rotated by rewriting them. The files are read
// beside the callers, for a home folder may hang. It is safe for concurrent use.
type profileFiles struct {
	settings settings
	life     context.Context // ends with close
	end      context.CancelFunc

	mu      sync.Mutex // guards what follows
	look    *look      // the last one
	looked  time.Time  // when it began
	refused bool       // the service has refused a key since
	files   sharedFiles
	current *built // of the files; nil before they could be understood
	next    *built // of newer files; its credentials were not had yet
	err     error  // of the last look, nil if all is well
	retired map[*creds.Cache]bool
	ending  sync.WaitGroup // of those
}

// profile returns the process's provider of a profile.
func (s *Sources) profile(t settings) creds.Provider {
	key := t.options
	key.Profile, key.RoleARN, key.ExternalID = t.profile, "", ""
	s.mu.Lock()
	defer s.mu.Unlock()
	named := namedKey{key, t.options.Profile != ""}
	if s.files[named] == nil {
		p := &profileFiles{settings: t, retired: map[*creds.Cache]bool{}}
		p.life, p.end = context.WithCancel(context.Background())
		s.files[named] = p
	}
	return s.files[named]
}

// Retrieve is ErrNotConfigured if the profile is the default one and is not
// there, or if it is there and says nothing of credentials, unless it is the
// only source.
func (p *profileFiles) Retrieve(ctx context.Context) (creds.Credentials, error) {
	b, l := p.start()
	if b == nil {
		l.await(ctx)
	}
	l.awaitUrgent(ctx)
	b, err := p.serving()
	if b == nil {
		return creds.Credentials{}, p.notFound(ctx, l, err)
	}
	found, err := b.provider.Retrieve(ctx)
	if err == nil {
		return found, nil
	}
	// The files may have been corrected, and are being read.
	l.await(ctx)
	now, pending := p.serving()
	if now != nil && now != b {
		found, err = now.provider.Retrieve(ctx)
	}
	switch {
	case err == nil:
		return found, nil
	case pending != nil:
		err = fmt.Errorf("%w; the old ones: %w", pending, err)
	}
	return creds.Credentials{}, fmt.Errorf("profile %q: %w", p.settings.profile, creds.Meant(err))
}

// notFound says why there is nothing to serve.
func (p *profileFiles) notFound(ctx context.Context, l *look, err error) error {
	if !l.over() {
		return fmt.Errorf("profile %q: read the shared AWS files: %w", p.settings.profile, context.Cause(ctx))
	}
	passes := errors.Is(err, profile.ErrNoCredentials) || errors.Is(err, profile.ErrNoProfile) && !p.settings.named
	if passes && p.settings.options.Profile == "" {
		err = fmt.Errorf("%w: %w", err, creds.ErrNotConfigured)
	}
	where, locateErr := p.settings.sources.located()
	if locateErr != nil {
		return fmt.Errorf("profile %q: %w", p.settings.profile, err)
	}
	return fmt.Errorf("%w (files %s and %s)", err, where.Config, where.Credentials)
}

// Invalidate has the next Retrieve wait until the files were read again, and
// passes the refusal on.
func (p *profileFiles) Invalidate(used creds.Credentials) bool {
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

// Format writes the profile's name, and nothing of the files, for every verb.
func (p *profileFiles) Format(f fmt.State, _ rune) { io.WriteString(f, p.settings.label()) }

// serving returns what is served, or why nothing is.
func (p *profileFiles) serving() (*built, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == nil && p.err == nil {
		return nil, creds.ErrClosed
	}
	return p.current, p.err
}

// close stops all retrievals, and waits for them; for a look at the files, which
// may hang, no longer than a second.
func (p *profileFiles) close() {
	p.mu.Lock()
	p.end()
	l := p.look
	caches := p.caches()
	p.mu.Unlock()
	if l != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		l.await(ctx)
	}
	for _, c := range caches {
		c.Close()
	}
	p.ending.Wait()
}
