// Package calls makes calls one after the other, in the order in which they were queued, on a goroutine of its own.
package calls

import (
	"sync"

	"sluice/internal/contain"
)

// Queue makes one call at a time. It has a goroutine only while there are calls to make. The zero value is ready. It is
// safe for concurrent use.
type Queue struct {
	// OnPanic, if non-nil, is called with the panic of a call.
	OnPanic func(error)

	mu      sync.Mutex // guards what follows
	waiting []func()
	running bool
	closed  bool
}

// Add queues a call of f. f may add more.
func (q *Queue) Add(f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	q.waiting = append(q.waiting, f)
	if !q.running {
		q.running = true
		go q.run()
	}
}

// Close drops the calls that have not begun. One that has begun may continue: it may be the one that closes.
func (q *Queue) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed, q.waiting = true, nil
}

func (q *Queue) run() {
	for {
		f := q.next()
		if f == nil {
			return
		}
		q.call(f)
	}
}

// next returns nil when there is no call to make.
func (q *Queue) next() func() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.running = false
		return nil
	}
	f := q.waiting[0]
	q.waiting = q.waiting[1:]
	return f
}

func (q *Queue) call(f func()) {
	err := contain.Do(func() error { f(); return nil })
	if err != nil && q.OnPanic != nil {
		q.OnPanic(err)
	}
}
