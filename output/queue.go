package output

import (
	"cmp"
	"container/heap"
	"context"
	"sync"
	"time"

	"sluice/spool"
)

// queue holds the segments that wait to be shipped. Those of one stream are in a
// lane, the oldest first; when the queue is ordered, a lane is shipped one after
// the other. Lanes never wait for each other: those that have failed leave one
// worker to the others, if there are two. It is safe for concurrent use.
type queue struct {
	ordered bool
	workers int
	now     func() time.Time

	mu       sync.Mutex // guards what follows
	lanes    map[laneName]*lane
	fresh    lanes // may be taken at once, by age
	failed   lanes // may be taken when they are due, by that time
	busy     int   // lanes that somebody works on
	retrying int   // those of them that had failed
	turn     bool  // the last one taken had failed: the next one should not have
	left     int   // jobs whose segments are sealed
	early    int   // jobs that were begun before that
	outage   outage
	draining bool
	changed  chan struct{} // closed and replaced at every change
}

// laneName is a stream; segment tells apart the lanes of a queue without order.
type laneName struct {
	stream  string
	segment uint64
}

// lane is what waits for its first job.
type lane struct {
	name     laneName
	jobs     []*job
	failures int // of the first job, in a row
	due      time.Time
	passing  bool // the last failure was one that passes by itself
	resting  bool // there is nothing to do before the first job's segment grows or is sealed
}

// job is a segment in the queue. The first fields belong to who has taken it, who
// may read attempts and whole, too; the others are the queue's.
type job struct {
	segment  *spool.Segment
	shipment *shipment // that was begun
	stored   *shipped  // its object is there, and only the spool has to be told
	again    bool      // a shipment was given up

	attempts int  // that have failed
	whole    bool // it was sealed when it was taken
	sealed   bool
	early    bool  // it counts as such
	refused  bool  // it is left alone until it is sealed
	raw      int64 // bytes of data that were encoded
	size     int64 // and what they became
	lane     *lane
}

// failure says what a failed attempt tells about the next one.
type failure uint8

const (
	passing failure = iota // the server, or the way to it: time helps
	lasting                // somebody has to change something
	ours                   // the spool's, which says nothing about the server
)

func newQueue(ordered bool, workers int, now func() time.Time) *queue {
	return &queue{
		ordered: ordered, workers: workers, now: now, lanes: map[laneName]*lane{}, changed: make(chan struct{}),
		fresh:  lanes{less: func(a, b *lane) int { return cmp.Compare(a.jobs[0].segment.ID, b.jobs[0].segment.ID) }},
		failed: lanes{less: func(a, b *lane) int { return a.due.Compare(b.due) }},
	}
}

// add takes a sealed segment.
func (q *queue) add(seg *spool.Segment) {
	q.update(func() {
		q.left++
		l := q.lane(seg)
		if first := l.first(); first != nil && first.segment == seg {
			first.sealed = true
			q.wake(l)
			return
		}
		q.append(l, &job{segment: seg, sealed: true, lane: l})
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

// first returns a lane's first job, nil if there is none.
func (l *lane) first() *job {
	if len(l.jobs) == 0 {
		return nil
	}
	return l.jobs[0]
}

// append puts a job at the end of its lane. It is called with mu held.
func (q *queue) append(l *lane, j *job) {
	l.jobs = append(l.jobs, j)
	if len(l.jobs) == 1 {
		heap.Push(&q.fresh, l)
	}
}

// wake has a lane taken that was resting. It is called with mu held.
func (q *queue) wake(l *lane) {
	if l.resting {
		l.resting = false
		q.push(l)
	}
}

// take waits for a job that may be done now. It returns nil when ctx has ended.
func (q *queue) take(ctx context.Context) *job {
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
	return nil
}

// pop takes the first job of a heap. It is called with mu held.
func (q *queue) pop(from *lanes) *job {
	l := heap.Pop(from).(*lane)
	q.busy++
	q.turn = l.failures > 0
	if q.turn {
		q.retrying++
	}
	j := l.jobs[0]
	j.whole = j.sealed
	return j
}

// next returns where the next lane is that may be taken, or how long to wait for
// one if nothing changes. It is called with mu held.
func (q *queue) next() (from *lanes, wait time.Duration) {
	now := q.now()
	wait = endOfTime.Sub(now)
	if q.outage.on() && (q.busy > 0 || q.draining) {
		return nil, wait // one is enough to see whether it is over
	}
	retry := len(q.failed.all) > 0 && q.retrying < max(1, q.workers-1)
	if retry {
		if due := later(q.failed.all[0].due, q.outage.until); due.After(now) {
			retry, wait = false, due.Sub(now)
		}
	}
	fresh := len(q.fresh.all) > 0
	switch {
	case retry && !(fresh && q.turn):
		return &q.failed, 0
	case fresh:
		return &q.fresh, 0
	}
	return nil, wait
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// retry gives a job back that failed; it may be taken again after d. When the
// queue is draining it has had its chance.
func (q *queue) retry(j *job, d time.Duration, why failure) {
	q.update(func() {
		now := q.now()
		if why != ours {
			q.outage.failed(now)
		}
		q.idle(j.lane)
		q.late(j)
		j.attempts++
		j.lane.failures++
		j.lane.due, j.lane.passing = now.Add(d), why == passing
		if !q.draining {
			heap.Push(&q.failed, j.lane)
		}
	})
}

// release gives a job back as it was.
func (q *queue) release(j *job) {
	q.update(func() {
		q.idle(j.lane)
		q.push(j.lane)
	})
}

// done removes a job. If its object was stored, the server works: what waits for
// that is tried again now.
func (q *queue) done(j *job, stored bool) {
	q.update(func() {
		l := j.lane
		q.idle(l)
		q.late(j)
		l.jobs, l.failures = l.jobs[1:], 0
		q.left--
		if len(l.jobs) > 0 {
			q.push(l)
		} else {
			delete(q.lanes, l.name)
		}
		if stored && q.outage.ended() {
			q.hurry(func(l *lane) bool { return l.passing })
		}
	})
}

// idle notes that nobody works on a lane any more. It is called with mu held.
func (q *queue) idle(l *lane) {
	q.busy--
	if l.failures > 0 {
		q.retrying--
	}
}

// push puts a lane where it belongs. It is called with mu held.
func (q *queue) push(l *lane) {
	if l.failures > 0 {
		heap.Push(&q.failed, l)
	} else {
		heap.Push(&q.fresh, l)
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

// lanes is a heap (container/heap).
type lanes struct {
	all  []*lane
	less func(a, b *lane) int
}

func (h *lanes) Len() int           { return len(h.all) }
func (h *lanes) Less(i, j int) bool { return h.less(h.all[i], h.all[j]) < 0 }
func (h *lanes) Swap(i, j int)      { h.all[i], h.all[j] = h.all[j], h.all[i] }
func (h *lanes) Push(l any)         { h.all = append(h.all, l.(*lane)) }

// Pop takes the last one.
func (h *lanes) Pop() any {
	last := len(h.all) - 1
	l := h.all[last]
	h.all[last] = nil
	h.all = h.all[:last]
	return l
}
