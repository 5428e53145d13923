package standard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"syscall"
	"time"

	"sluice/creds"
	"sluice/creds/profile"
)

// readFiles returns the shared files. Files that are not there are empty.
func (s *Sources) readFiles() (config, credentials []byte) {
	files, _ := s.readShared()
	return files.config, files.credentials
}

// sharedFiles are the contents of both files.
type sharedFiles struct{ config, credentials []byte }

func (f sharedFiles) equal(g sharedFiles) bool {
	return bytes.Equal(f.config, g.config) && bytes.Equal(f.credentials, g.credentials)
}

// readShared reads both files. A file that is not there is empty; one that
// cannot be looked at is an error: it may name another role than the next source.
// What could be read is returned in any case.
func (s *Sources) readShared() (f sharedFiles, err error) {
	where, err := s.located()
	if err != nil {
		return f, err
	}
	for _, each := range []struct {
		path    string
		content *[]byte
	}{{where.Config, &f.config}, {where.Credentials, &f.credentials}} {
		content, readErr := s.env.Disk.ReadFile(each.path)
		if readErr != nil && !isAbsent(readErr) && err == nil {
			err = fmt.Errorf("shared AWS file: %w", readErr)
		}
		*each.content = content
	}
	return f, err
}

// isAbsent reports whether a file cannot be there: services' users have homes like
// /dev/null.
func isAbsent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// profileFiles provides what a profile asks for, and notices when the files
// change: long-lived keys are rotated by writing them anew. It is safe for
// concurrent use.
type profileFiles struct {
	settings settings

	mu      sync.Mutex // guards what follows
	looked  time.Time  // when the files were last read
	files   sharedFiles
	current *built // nil before the files could be understood
	err     error  // of the last look, nil if there is a current
}

// built is a provider with the caches that were made for it.
type built struct {
	provider creds.Provider
	caches   []*creds.Cache
}

func (b *built) close() {
	if b == nil {
		return
	}
	for _, c := range b.caches {
		c.Close()
	}
}

// lookEvery is how often the files are read, at most.
const lookEvery = time.Second

// profile returns the process's provider of a profile.
func (s *Sources) profile(t settings) creds.Provider {
	o := t.options
	key := joined(t.profile, o.Region, o.STSEndpoint, o.CAFile, o.Profile)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.files[key] == nil {
		s.files[key] = &profileFiles{settings: t}
	}
	return s.files[key]
}

// Retrieve is ErrNotConfigured if the profile is the default one and is not
// there, or if it is there and says nothing of credentials, unless it is the
// only source.
func (p *profileFiles) Retrieve(ctx context.Context) (creds.Credentials, error) {
	provider, err := p.provider()
	if err == nil {
		var found creds.Credentials
		if found, err = provider.Retrieve(ctx); err == nil {
			return found, nil
		}
		return found, fmt.Errorf("profile %q: %w", p.settings.profile, creds.Meant(err))
	}
	passes := errors.Is(err, profile.ErrNoCredentials) || errors.Is(err, profile.ErrNoProfile) && !p.settings.named
	if passes && p.settings.options.Profile == "" {
		err = fmt.Errorf("%w: %w", err, creds.ErrNotConfigured)
	}
	where, locateErr := p.settings.sources.located()
	if locateErr != nil {
		return creds.Credentials{}, fmt.Errorf("profile %q: %w", p.settings.profile, err)
	}
	return creds.Credentials{}, fmt.Errorf("%w (files %s and %s)", err, where.Config, where.Credentials)
}

// Invalidate has the files read again, and passes the refusal on.
func (p *profileFiles) Invalidate(used creds.Credentials) bool {
	p.mu.Lock()
	p.looked = time.Time{}
	current := p.current
	p.mu.Unlock()
	if current == nil {
		return false
	}
	source, ok := current.provider.(creds.Invalidator)
	return ok && source.Invalidate(used)
}

// provider looks at the files if that is due. Files that have become unreadable
// leave the old provider in its place: somebody may be writing them.
func (p *profileFiles) provider() (creds.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	sources := p.settings.sources
	now := sources.clock.Now()
	if p.looked.IsZero() || now.Sub(p.looked).Abs() >= lookEvery {
		p.looked = now
		files, err := sources.readShared()
		if err != nil || p.current == nil || !files.equal(p.files) {
			p.rebuild(files, err)
		}
	}
	if p.current == nil {
		return nil, p.err
	}
	return p.current.provider, nil
}

// rebuild makes a provider of new files. It is called with mu held.
func (p *profileFiles) rebuild(files sharedFiles, err error) {
	var next *built
	if err == nil {
		next, err = p.build(files)
	}
	switch {
	case err == nil:
		old := p.current
		// What the old one is retrieving ends by itself: to cancel it would fail who
		// waits for it, and might waste a refresh token.
		p.current, p.files, p.err = next, files, nil
		if old != nil {
			p.tellRotated(old)
		}
	case p.current == nil:
		p.err = err
	case p.err == nil || p.err.Error() != err.Error():
		p.err = err
		p.tell(creds.Update{
			Credentials: creds.Credentials{Source: p.settings.label()},
			Err:         fmt.Errorf("the shared AWS files have changed and cannot be used: %w", err),
		})
	}
}

// tellRotated tells of keys that stand in the files; others are told of by their
// caches.
func (p *profileFiles) tellRotated(old *built) {
	now, ok := p.current.provider.(creds.Static)
	before, both := old.provider.(creds.Static)
	if ok && (!both || now != before) {
		p.tell(creds.Update{Credentials: now.Credentials, Previous: before.Credentials})
	}
}

func (p *profileFiles) tell(u creds.Update) { go p.settings.sources.env.Changed(u) }

func (p *profileFiles) build(files sharedFiles) (*built, error) {
	parsed, err := profile.Parse(files.config, files.credentials)
	if err != nil {
		return nil, err
	}
	plan, err := parsed.Plan(p.settings.profile)
	if err != nil {
		return nil, err
	}
	t := p.settings
	t.files = parsed
	return t.build(plan)
}

func (p *profileFiles) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.current.close()
}
