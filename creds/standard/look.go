package standard

import (
	"context"
	"time"

	"sluice/creds/profile"
	"sluice/imds"
	"sluice/internal/contain"
)

// look is one at the shared files.
type look struct {
	done chan struct{} // closed when it is over
	// A key was refused: callers wait until the look is over, or this. Nil if not.
	urgent context.Context
}

func (l *look) over() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// await waits until the look is over, or ctx.
func (l *look) await(ctx context.Context) {
	select {
	case <-l.done:
	case <-ctx.Done():
	}
}

// awaitUrgent waits, with a key that was refused, no longer than patience in all.
func (l *look) awaitUrgent(ctx context.Context) {
	if l.urgent == nil {
		return
	}
	select {
	case <-l.done:
	case <-l.urgent.Done():
	case <-ctx.Done():
	}
}

const (
	// lookEvery is how often the files are read, at most.
	lookEvery = time.Second
	// settle is how long a file may be gone that an editor replaces.
	settle = 200 * time.Millisecond
	// patience is how long callers with a key wait for the files, after the service
	// has refused that key.
	patience = 5 * time.Second
	// trial bounds how long new credentials are waited for.
	trial = 2 * time.Minute
)

// start begins to look at the files if that is due, and none is under way. It
// returns what is served meanwhile, and the last look.
func (p *profileFiles) start() (*built, *look) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.settings.sources.clock.Now()
	due := p.look == nil || p.refused || now.Sub(p.looked).Abs() >= lookEvery
	if due && p.life.Err() == nil && (p.look == nil || p.look.over()) {
		p.look = &look{done: make(chan struct{})}
		if p.refused {
			var cancel context.CancelFunc
			p.look.urgent, cancel = context.WithTimeout(p.life, patience)
			context.AfterFunc(p.look.urgent, cancel)
		}
		p.looked, p.refused = now, false
		go p.run(p.look)
	}
	if p.look == nil { // closed before anyone has asked
		p.look = &look{done: make(chan struct{})}
		close(p.look.done)
	}
	return p.current, p.look
}

// run looks at the files, and takes or refuses what they say.
func (p *profileFiles) run(l *look) {
	defer close(l.done)
	var files sharedFiles
	err := contain.Do(func() (err error) {
		if files, err = p.read(); err != nil {
			return err
		}
		if !p.unchanged(files) {
			b, err := p.build(files)
			if err != nil {
				return err
			}
			p.take(files, b)
		}
		p.try()
		return nil
	})
	if err != nil {
		p.refuse(files, err)
	}
}

// read reads the files. One that is gone is looked for once more: some editors
// move the old file away before they write the new one.
func (p *profileFiles) read() (sharedFiles, error) {
	files, err := p.settings.sources.readShared()
	p.mu.Lock()
	gone := err == nil && p.current != nil && files.without(p.files)
	p.mu.Unlock()
	if gone && imds.Pause(p.life, settle) == nil {
		return p.settings.sources.readShared()
	}
	return files, err
}

func (p *profileFiles) unchanged(files sharedFiles) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.current != nil && files.equal(p.files) && (p.err == nil || p.next != nil)
}

// build makes what the files ask for, out of the caches that are there.
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
	p.mu.Lock()
	b := newBuilt(p.current, p.next)
	p.mu.Unlock()
	return b, t.build(b, plan)
}
