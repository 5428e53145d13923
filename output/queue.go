package output

import (
	"context"
	"sync"
	"time"

	"sluice/spool"
)

// queue holds the segments that wait to be shipped, the oldest first. When it
// is ordered, a segment waits for all earlier ones of its stream; streams never
// wait for each other. It is safe for concurrent use.
type queue struct {
	ordered bool
	now     func() time.Time

	mu       sync.Mutex // guards what follows
	jobs     []*job     // by age
	draining bool
	changed  chan struct{} // closed and replaced at every change
}

// job is a segment in the queue. Its fields belong to the queue; whoever took
// it may read segment and attempts.
type job struct {
	segment   *spool.Segment
	attempts  int // that have failed
	busy      bool
	notBefore time.Time
	givenUp   bool // failed while draining
}

func newQueue(ordered bool, now func() time.Time) *queue {
	return &queue{ordered: ordered, now: now, changed: make(chan struct{})}
}

// add takes a sealed segment.
func (q *queue) add(seg *spool.Segment) {
	q.update(func() { q.jobs = append(q.jobs, &job{segment: seg}) })
}

// take waits for a job that may be done now and marks it busy. It returns nil
// when ctx has ended.
func (q *queue) take(ctx context.Context) *job {
	for ctx.Err() == nil {
		q.mu.Lock()
		j, wait := q.next()
		if j != nil {
			j.busy = true
		}
		changed := q.changed
		q.mu.Unlock()
		if j != nil {
			return j
		}
		sleep(ctx, wait, changed)
	}
	return nil
}

// next returns the first job that may be done, or how long to wait for one if
// nothing changes. It is called with mu held.
func (q *queue) next() (*job, time.Duration) {
	now := q.now()
	wait := endOfTime.Sub(now)
	held := map[string]bool{} // streams with an earlier job
	for _, j := range q.jobs {
		stream := j.segment.Stream
		if q.ordered && held[stream] {
			continue
		}
		if !j.busy && !j.givenUp {
			if !j.notBefore.After(now) {
				return j, 0
			}
			wait = min(wait, j.notBefore.Sub(now))
		}
		held[stream] = true
	}
	return nil, wait
}

// retry gives a job back that failed; it will be taken again after d, unless
// the queue is draining: then it has had its chance.
func (q *queue) retry(j *job, d time.Duration) {
	q.update(func() {
		j.busy, j.notBefore, j.givenUp = false, q.now().Add(d), q.draining
		j.attempts++
	})
}

// done removes a job.
func (q *queue) done(j *job) {
	q.update(func() {
		for i := range q.jobs {
			if q.jobs[i] == j {
				q.jobs = append(q.jobs[:i], q.jobs[i+1:]...)
				return
			}
		}
	})
}

// drain lets every job be tried once more, at once, and waits until that is
// done or ctx has ended. It returns how many jobs are left.
func (q *queue) drain(ctx context.Context) (left int) {
	q.update(func() {
		q.draining = true
		for _, j := range q.jobs {
			j.notBefore = time.Time{}
		}
	})
	for {
		q.mu.Lock()
		left, pending := len(q.jobs), q.pending()
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

// pending tells whether somebody works, or could. It is called with mu held.
func (q *queue) pending() bool {
	if j, _ := q.next(); j != nil {
		return true
	}
	for _, j := range q.jobs {
		if j.busy {
			return true
		}
	}
	return false
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.jobs)
}

// update changes the queue and wakes all who wait.
func (q *queue) update(change func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	change()
	close(q.changed)
	q.changed = make(chan struct{})
}
