package output

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"sluice/spool"
)

// queue holds the segments that are to be shipped, one lane for each stream. In an
// ordered queue the segments of a lane are shipped one after the other; in any other
// each segment has a lane of its own. Lanes never wait for each other: those that have
// failed leave one worker to the others, if there are two. It is safe for concurrent use.
type queue struct {
	ordered bool
	workers int
	now     func() time.Time

	mu         sync.Mutex // guards what follows
	lanes      map[laneName]*lane
	fresh      lanes // queued lanes that have not failed, oldest first
	failed     lanes // queued lanes that have failed, by when they are due
	busy       int   // lanes that a worker holds
	retrying   int   // busy lanes that have failed
	failing    int   // lanes that have failed
	alternates bool  // the last job taken was a retry, so prefer a fresh one
	left       int   // jobs whose segments are sealed
	eager      int   // jobs whose uploads began before their segments were sealed
	outage     outage
	draining   bool
	changed    chan struct{} // closed and replaced at every change
}

// failure is the kind of a failed attempt: what it says about the next one.
type failure uint8

const (
	transient     failure = iota // of the server or the network: it may pass by itself
	needsOperator                // an operator has to change something
	internal                     // of the spool or our own: it says nothing about the server
)

func newQueue(ordered bool, workers int, now func() time.Time) *queue {
	return &queue{
		ordered: ordered, workers: workers, now: now, lanes: map[laneName]*lane{}, changed: make(chan struct{}),
		fresh: lanes{less: byAge}, failed: lanes{less: byDue},
	}
}

// open adds a segment that was just opened. Segments come in the order of their IDs.
func (q *queue) open(seg *spool.Segment) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lane(seg).append(seg)
}

// add makes a sealed segment ready to be shipped.
func (q *queue) add(seg *spool.Segment) {
	q.update(func() {
		q.left++
		l := q.lane(seg)
		j := l.find(seg)
		if j == nil { // an earlier process opened it
			j = l.append(seg)
		}
		if j.state == eager {
			j.state = finishing
		} else {
			j.state = sealed
		}
		q.schedule(l)
	})
}

func (q *queue) name(seg *spool.Segment) laneName {
	if q.ordered {
		return laneName{stream: seg.Stream}
	}
	return laneName{stream: seg.Stream, segment: seg.ID}
}

// lane returns the lane of a segment, which it makes if there is none. It is called with
// mu held.
func (q *queue) lane(seg *spool.Segment) *lane {
	name := q.name(seg)
	l := q.lanes[name]
	if l == nil {
		l = &lane{name: name}
		q.lanes[name] = l
	}
	return l
}

// schedule queues a parked lane whose first segment is sealed. While the queue drains,
// a lane that has failed is not tried again. It is called with mu held.
func (q *queue) schedule(l *lane) {
	if first := l.first(); l.state == parked && first.state.isSealed() && !(q.draining && l.failures > 0) {
		q.enqueue(l)
	}
}

// enqueue is called with mu held.
func (q *queue) enqueue(l *lane) {
	l.state = queued
	if l.failures > 0 {
		heap.Push(&q.failed, l)
	} else {
		heap.Push(&q.fresh, l)
	}
}

// take waits for a job that may be worked on, and reports whether its segment is sealed.
// It returns nil when ctx has ended.
func (q *queue) take(ctx context.Context) (j *job, isSealed bool) {
	for ctx.Err() == nil {
		q.mu.Lock()
		from, wait := q.pick()
		changed := q.changed
		if from != nil {
			defer q.mu.Unlock()
			return q.pop(from)
		}
		q.mu.Unlock()
		sleep(ctx, wait, changed)
	}
	return nil, false
}

// pop takes the first job of a heap. It is called with mu held.
func (q *queue) pop(from *lanes) (j *job, isSealed bool) {
	l := heap.Pop(from).(*lane)
	l.state = busy
	q.busy++
	q.alternates = l.failures > 0
	if q.alternates {
		q.retrying++
	}
	j = l.jobs[0]
	return j, j.state.isSealed()
}

// pick returns the heap to take the next lane from, or nil and how long to wait if
// nothing changes meanwhile. It is called with mu held.
func (q *queue) pick() (from *lanes, wait time.Duration) {
	now := q.now()
	wait = farFuture.Sub(now)
	if q.outage.on() { // one upload at a time is enough to see whether it is over
		if q.busy > 0 || q.draining {
			return nil, wait
		}
		if pause := q.outage.until.Sub(now); pause > 0 {
			return nil, pause
		}
	}
	retry := len(q.failed.all) > 0 && q.retrying < max(1, q.workers-1)
	if retry {
		if due := q.failed.all[0].due; due.After(now) {
			retry, wait = false, due.Sub(now)
		}
	}
	fresh := len(q.fresh.all) > 0
	switch {
	case retry && !(fresh && q.alternates):
		return &q.failed, 0
	case fresh:
		return &q.fresh, 0
	}
	return nil, wait
}

// retry returns a failed job; it may be taken again after d. Only transient failures end
// a drain early: what an operator has to mend for one stream says nothing about others.
func (q *queue) retry(j *job, d time.Duration, why failure) {
	q.update(func() {
		now := q.now()
		if why == transient || why == needsOperator && !q.draining {
			q.outage.recordFailure(now)
		}
		q.returnLane(j.lane)
		q.clearEager(j)
		j.attempts++
		if why == internal {
			j.internalFailures++
		}
		if j.lane.failures == 0 {
			q.failing++
		}
		j.lane.failures++
		j.lane.due, j.lane.transient = now.Add(d), why == transient
		q.schedule(j.lane)
	})
}

// release returns a job unchanged.
func (q *queue) release(j *job) {
	q.update(func() {
		q.returnLane(j.lane)
		q.schedule(j.lane)
	})
}

// done removes a job. If its object was stored, the server works: what waited for that
// is tried again now.
func (q *queue) done(j *job, stored bool) {
	q.update(func() {
		l := j.lane
		q.returnLane(l)
		q.clearEager(j)
		if l.failures > 0 {
			q.failing--
		}
		l.removeFirst()
		q.left--
		if len(l.jobs) > 0 {
			q.schedule(l)
		} else {
			delete(q.lanes, l.name)
		}
		if stored && q.outage.recordSuccess() {
			q.makeDue(func(l *lane) bool { return l.transient })
		}
	})
}

// returnLane takes a lane back from its worker. It is called with mu held.
func (q *queue) returnLane(l *lane) {
	l.state = parked
	q.busy--
	if l.failures > 0 {
		q.retrying--
	}
}

// makeDue makes failed lanes due. It is called with mu held.
func (q *queue) makeDue(which func(*lane) bool) {
	now := q.now()
	for _, l := range q.failed.all {
		if which(l) && l.due.After(now) {
			l.due = now
		}
	}
	heap.Init(&q.failed)
}

// drain tries every lane once more, at once, and returns when that is done or ctx has
// ended, or earlier when nothing gets through. It returns how many jobs are left.
func (q *queue) drain(ctx context.Context) (left int) {
	q.update(func() {
		q.draining = true
		q.outage = outage{}
		q.makeDue(func(*lane) bool { return true })
	})
	for {
		q.mu.Lock()
		from, _ := q.pick()
		left, pending := q.left, from != nil || q.busy > 0
		changed := q.changed
		q.mu.Unlock()
		if !pending {
			return left
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return left
		}
	}
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.left
}

// failures returns how many lanes have failed and not recovered.
func (q *queue) failures() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.failing
}

// update changes the queue and wakes all waiters.
func (q *queue) update(change func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	change()
	q.broadcast()
}

// broadcast wakes all waiters. It is called with mu held.
func (q *queue) broadcast() {
	close(q.changed)
	q.changed = make(chan struct{})
}
