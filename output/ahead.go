package output

import (
	"context"
	"errors"

	"sluice/spool"
)

// aheadSize is how many bytes of data an active segment must have that were not
// encoded for that to be worth the while before it is sealed.
const aheadSize = 4 << 20

// ahead encodes what has come into an active segment. When that fails, the upload
// is given up: it begins anew when the segment is sealed.
func (o *Output) ahead(ctx context.Context, j *job) error {
	err := contain(func() error {
		if err := o.begin(ctx, j); err != nil {
			return err
		}
		return j.shipment.encode()
	})
	if err != nil {
		o.opts.Log.Debug("an upload that began before its segment was sealed is given up", "error", err)
		return errors.Join(err, o.giveUp(j))
	}
	return nil
}

// grown takes an active segment that has much to encode, if nothing else of its
// lane is there and not too many have been begun so already. It returns how much
// of the segment was encoded, and what that became.
func (q *queue) grown(seg *spool.Segment) (raw, size int64) {
	has := seg.Raw() // may wait for the disk
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lanes[q.name(seg)]
	if l == nil {
		// One that takes no more frames has been added, or is about to be.
		if seg.Active() && q.early < q.workers && !q.outage.on() && !q.draining {
			q.early++
			l = q.lane(seg)
			q.append(l, &job{segment: seg, early: true, lane: l})
			q.tell()
		}
		return 0, 0
	}
	j := l.first()
	if j.segment != seg {
		return 0, 0
	}
	if !j.refused && has-j.raw >= aheadSize {
		q.wake(l)
		q.tell()
	}
	return j.raw, j.size
}

// rest gives back a job whose segment was not sealed when it was taken.
func (q *queue) rest(j *job, good bool) {
	has := j.segment.Raw() // may wait for the disk
	q.update(func() {
		q.idle(j.lane)
		j.lane.resting = true
		more := false
		if good {
			before := j.raw
			j.raw, j.size = j.shipment.done.raw, j.shipment.done.stored
			more = j.raw > before && has-j.raw >= aheadSize // else the next frame that is durable tells
		} else {
			j.refused, j.raw, j.size = true, 0, 0
			q.late(j)
		}
		if j.sealed || more {
			q.wake(j.lane)
		}
	})
}

// late has a job not count as an early one any more. It is called with mu held.
func (q *queue) late(j *job) {
	if j.early {
		j.early = false
		q.early--
	}
}

// begun returns the jobs that nobody works on and whose shipments were begun.
func (q *queue) begun() (jobs []*job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, l := range q.lanes {
		if j := l.first(); j.shipment != nil {
			jobs = append(jobs, j)
		}
	}
	return jobs
}
