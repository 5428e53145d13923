package output

import (
	"sync"
	"sync/atomic"
	"time"
)

// trouble is a kind of problem. The lower one is nearer to the root: without credentials
// uploads fail, too, and when they fail the spool fills up.
type trouble uint8

const (
	noKey    trouble = iota // there are no credentials
	noUpload                // uploads fail
	notReady                // what was asked at start says that they will
	noRoom                  // chunks are not accepted
	noCommit                // the spool cannot record what is stored
	troubles = iota
)

// problem is something that is wrong at present.
type problem struct {
	text, remedy string
	since        time.Time // zero if it is not wrong
}

// health is what is wrong with an output. It is safe for concurrent use.
type health struct {
	wrong atomic.Bool // anything is wrong

	mu       sync.Mutex // guards what follows
	problems [troubles]problem
	good     time.Time // since when nothing is wrong
}

// report says that something is wrong.
func (h *health) report(t trouble, text, remedy string, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wrong.Store(true)
	p := &h.problems[t]
	if p.since.IsZero() {
		p.since = now
	}
	p.text, p.remedy = text, remedy
}

// resolve says that something is right again. It returns what was wrong, if it was.
func (h *health) resolve(t trouble, now time.Time) (was problem, ended bool) {
	if !h.wrong.Load() {
		return problem{}, false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	was = h.problems[t]
	h.problems[t] = problem{}
	if _, since := h.worst(); since.IsZero() {
		h.wrong.Store(false)
		h.good = now
	}
	return was, !was.since.IsZero()
}

// worst returns the problem nearest to the root, and since when anything is wrong. It is
// called with mu held.
func (h *health) worst() (worst problem, since time.Time) {
	for _, p := range h.problems {
		switch {
		case p.since.IsZero():
			continue
		case since.IsZero():
			worst, since = p, p.since
		case p.since.Before(since):
			since = p.since
		}
	}
	return worst, since
}

// now returns what is wrong, and since when it is or everything is well.
func (h *health) now() (p problem, ok bool, since time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p, since := h.worst(); !since.IsZero() {
		return p, false, since
	}
	return problem{}, true, h.good
}
