package standard

import (
	"context"
	"time"

	"sluice/creds/profile"
	"sluice/imds"
	"sluice/internal/contain"
)

const (
	// reloadInterval is the shortest time between two reloads.
	reloadInterval = time.Second
	// replaceGrace is how long a file may be missing while an editor replaces it.
	replaceGrace = 200 * time.Millisecond
	// urgentTimeout is how long callers with a key wait for a reload after the service has refused that key.
	urgentTimeout = 5 * time.Second
	// tryTimeout bounds the first retrieval of new credentials.
	tryTimeout = 2 * time.Minute
)

// reload is one reading of the shared files.
type reload struct {
	done chan struct{} // closed when it has finished
	// urgent, if non-nil, is how long callers wait for the reload, because a key was refused.
	urgent context.Context
}

func (l *reload) finished() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// wait waits until the reload has finished or ctx ends.
func (l *reload) wait(ctx context.Context) {
	select {
	case <-l.done:
	case <-ctx.Done():
	}
}

// waitIfUrgent waits for an urgent reload, at most until urgentTimeout has passed since its start.
func (l *reload) waitIfUrgent(ctx context.Context) {
	if l.urgent == nil {
		return
	}
	select {
	case <-l.done:
	case <-l.urgent.Done():
	case <-ctx.Done():
	}
}

// startReload starts a reload if one is due and none is under way. It returns what is served meanwhile, and the last
// reload.
func (p *profileProvider) startReload() (*resolved, *reload) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.settings.sources.clock.Now()
	due := p.reload == nil || p.refused || now.Sub(p.reloadedAt).Abs() >= reloadInterval
	if due && p.ctx.Err() == nil && (p.reload == nil || p.reload.finished()) {
		p.reload = &reload{done: make(chan struct{})}
		if p.refused {
			var cancel context.CancelFunc
			p.reload.urgent, cancel = context.WithTimeout(p.ctx, urgentTimeout)
			context.AfterFunc(p.reload.urgent, cancel)
		}
		p.reloadedAt, p.refused = now, false
		go p.runReload(p.reload)
	}
	if p.reload == nil { // closed before the first Retrieve
		p.reload = &reload{done: make(chan struct{})}
		close(p.reload.done)
	}
	return p.current, p.reload
}

// runReload reads the files, and accepts or rejects what they say. close waits for it.
func (p *profileProvider) runReload(l *reload) {
	defer close(l.done)
	var files sharedFiles
	err := contain.Do(func() (err error) {
		if files, err = p.readFiles(); err != nil {
			return err
		}
		if !p.unchanged(files) {
			r, err := p.resolve(files)
			if err != nil {
				return err
			}
			p.accept(files, r)
		}
		p.tryPending()
		return nil
	})
	if err != nil {
		p.reject(files, err)
	}
}

// readFiles reads the files. It looks for a missing one once more: some editors move the old file away before they
// write the new one.
func (p *profileProvider) readFiles() (sharedFiles, error) {
	files, err := p.settings.sources.readShared()
	p.mu.Lock()
	missing := err == nil && p.current != nil && files.lacks(p.files)
	p.mu.Unlock()
	if missing && imds.Pause(p.ctx, replaceGrace) == nil {
		return p.settings.sources.readShared()
	}
	return files, err
}

func (p *profileProvider) unchanged(files sharedFiles) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.current != nil && files.equal(p.files) && (p.err == nil || p.pending != nil)
}

// resolve returns what the files ask for, with the caches that exist already.
func (p *profileProvider) resolve(files sharedFiles) (*resolved, error) {
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
	p.mu.Lock()
	r := newResolved(p.current, p.pending)
	p.mu.Unlock()
	return r, t.resolve(r, plan)
}
