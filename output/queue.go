package output

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"sluice/spool"
)

// queue holds the segments that are to be shipped. Those of one stream are in a
// lane; when the queue is ordered, a lane is shipped one after the other. Lanes never
// wait for each other: those that have failed leave one worker to the others, if
// there are two. It is safe for concurrent use.
type queue struct {
	ordered bool
	workers int
	now     func() time.Time

	mu         sync.Mutex // guards what follows
	lanes      map[laneName]*lane
	fresh      lanes // queued ones that have not failed, by age
	failed     lanes // queued ones that have, by when they are due
	busy       int   // lanes that a worker has
	retrying   int   // those of them that had failed
	alternates bool  // the last one taken had failed: the next one should not have
	left       int   // jobs whose segments are sealed
	eager      int   // jobs whose objects were begun before that
	outage     outage
	draining   bool
	changed    chan struct{} // closed and replaced at every change
}

// failure is what a failed attempt says about the next one.
type failure uint8

const (
	passing failure = iota // the server, or the way to it: time helps
	lasting                // an operator has to change something
	ours                   // the spool's, which says nothing about the server
)

func newQueue(ordered bool, workers int, now func() time.Time) *queue {
	return &queue{
		ordered: ordered, workers: workers, now: now, lanes: map[laneName]*lane{}, changed: make(chan struct{}),
		fresh: lanes{less: byAge}, failed: lanes{less: byDue},
	}
}

// open takes a segment that was opened, in the order of the IDs.
func (q *queue) open(seg *spool.Segment) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lane(seg).append(seg)
}

// add has a sealed segment shipped.
func (q *queue) add(seg *spool.Segment) {
	q.update(func() {
		q.left++
		l := q.lane(seg)
		j := l.find(seg)
		if j == nil { // an earlier process has opened it
			j = l.append(seg)
		}
		if j.state == eager {
			j.state = finishing
		} else {
			j.state = sealed
		}
		q.place(l)
	})
}

func (q *queue) name(seg *spool.Segment) laneName {
	if q.ordered {
		return laneName{stream: seg.Stream}
	}
	return laneName{stream: seg.Stream, segment: seg.ID}
}

// lane returns the lane of a segment. It is called with mu held.
func (q *queue) lane(seg *spool.Segment) *lane {
	name := q.name(seg)
	l := q.lanes[name]
	if l == nil {
		l = &lane{name: name}
		q.lanes[name] = l
	}
	return l
}

// place queues a parked lane whose first segment is sealed. While the queue is
// draining, a lane that has failed has had its chance. It is called with mu held.
func (q *queue) place(l *lane) {
	if first := l.first(); l.state == parked && first.state.whole() && !(q.draining && l.failures > 0) {
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

// take waits for a job that may be done now. whole is whether its segment is sealed.
// It returns nil when ctx has ended.
func (q *queue) take(ctx context.Context) (j *job, whole bool) {
	for ctx.Err() == nil {
		q.mu.Lock()
		from, wait := q.next()
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
func (q *queue) pop(from *lanes) (j *job, whole bool) {
	l := heap.Pop(from).(*lane)
	l.state = busy
	q.busy++
	q.alternates = l.failures > 0
	if q.alternates {
		q.retrying++
	}
	j = l.jobs[0]
	return j, j.state.whole()
}

// next returns where the next lane is that may be taken, or how long to wait for
// one if nothing changes. It is called with mu held.
func (q *queue) next() (from *lanes, wait time.Duration) {
	now := q.now()
	wait = endOfTime.Sub(now)
	if q.outage.on() { // one at a time is enough to see whether it is over
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

// retry gives a job back that failed; it may be taken again after d. A stop ends early
// only for failures that would pass: what an operator has to mend for one stream
// says nothing of the others.
func (q *queue) retry(j *job, d time.Duration, why failure) {
	q.update(func() {
		now := q.now()
		if why == passing || why == lasting && !q.draining {
			q.outage.failed(now)
		}
		q.giveBack(j.lane)
		q.endEager(j)
		j.attempts++
		if why == ours {
			j.own++
		}
		j.lane.failures++
		j.lane.due, j.lane.passing = now.Add(d), why == passing
		q.place(j.lane)
	})
}

// release gives a job back as it was.
func (q *queue) release(j *job) {
	q.update(func() {
		q.giveBack(j.lane)
		q.place(j.lane)
	})
}

// done removes a job. If its object was stored, the server works: what waits for
// that is tried again now.
func (q *queue) done(j *job, stored bool) {
	q.update(func() {
		l := j.lane
		q.giveBack(l)
		q.endEager(j)
		l.removeFirst()
		q.left--
		if len(l.jobs) > 0 {
			q.place(l)
		} else {
			delete(q.lanes, l.name)
		}
		if stored && q.outage.ended() {
			q.hurry(func(l *lane) bool { return l.passing })
		}
	})
}

// giveBack takes a lane from its worker. It is called with mu held.
func (q *queue) giveBack(l *lane) {
	l.state = parked
	q.busy--
	if l.failures > 0 {
		q.retrying--
	}
}

// hurry makes failed lanes due. It is called with mu held.
func (q *queue) hurry(which func(*lane) bool) {
	now := q.now()
	for _, l := range q.failed.all {
		if which(l) && l.due.After(now) {
			l.due = now
		}
	}
	heap.Init(&q.failed)
}

// drain lets every lane be tried once more, at once, and waits until that is done
// or ctx has ended; it ends early when nothing gets through. It returns how many
// jobs are left.
func (q *queue) drain(ctx context.Context) (left int) {
	q.update(func() {
		q.draining = true
		q.outage = outage{}
		q.hurry(func(*lane) bool { return true })
	})
	for {
		q.mu.Lock()
		from, _ := q.next()
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

// update changes the queue and wakes all who wait.
func (q *queue) update(change func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	change()
	q.tell()
}

// tell wakes all who wait. It is called with mu held.
func (q *queue) tell() {
	close(q.changed)
	q.changed = make(chan struct{})
}
