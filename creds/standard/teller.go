package standard

import (
	"sync"

	"sluice/creds"
)

// teller tells of changes in their order, one at a time. It is safe for concurrent
// use.
type teller struct {
	tell func(creds.Update)

	calls   sync.WaitGroup
	mu      sync.Mutex // guards what follows
	queue   []creds.Update
	telling bool // a goroutine tells what is queued
	closed  bool
}

// add queues an update.
func (t *teller) add(u creds.Update) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	t.queue = append(t.queue, u)
	if !t.telling {
		t.telling = true
		t.calls.Go(t.run)
	}
}

func (t *teller) run() {
	for {
		u, ok := t.next()
		if !ok {
			return
		}
		t.tell(u)
	}
}

// next takes the first update, or notes that there is none.
func (t *teller) next() (u creds.Update, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || len(t.queue) == 0 {
		t.telling = false
		return u, false
	}
	u, t.queue = t.queue[0], t.queue[1:]
	return u, true
}

// close drops what is queued and waits for the call that is under way.
func (t *teller) close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.calls.Wait()
}
