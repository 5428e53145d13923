package output

import (
	"context"
	"errors"

	"sluice/internal/contain"
	"sluice/spool"
)

// eagerSize is how much data of an active segment, in bytes, must wait to be encoded
// for it to be worth encoding before the segment is sealed.
const eagerSize = 4 << 20

// encodeEager encodes what has come into an active segment. When that fails, the
// upload is aborted: it begins again when the segment is sealed.
func (o *Output) encodeEager(ctx context.Context, j *job) error {
	err := contain.Do(func() error {
		if err := o.begin(ctx, j); err != nil {
			return err
		}
		return j.shipment.encode()
	})
	if err != nil {
		o.opts.Log.Debug("an upload that began before its segment was sealed is aborted", "error", err)
		return errors.Join(err, o.abortShipment(j))
	}
	return nil
}

// grown has an active segment encoded that has much to encode, if it is the first of
// its lane and not too many are encoded so already. It returns how much of the
// segment was encoded, and what that became.
func (q *queue) grown(seg *spool.Segment) (raw, size int64) {
	has := seg.Raw() // may wait for the disk
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lanes[q.name(seg)]
	if l == nil {
		return 0, 0 // it was sealed and shipped meanwhile
	}
	j := l.first()
	if j.segment != seg {
		return 0, 0
	}
	if j.state == active && q.eager < q.workers && !q.outage.on() && !q.draining {
		j.state = eager
		q.eager++
	}
	if j.state == eager && l.state == parked && has-j.raw >= eagerSize {
		q.enqueue(l)
		q.tell()
	}
	return j.raw, j.size
}

// park gives back a job whose segment was not sealed when it was taken. ok is whether
// what there was of it was encoded.
func (q *queue) park(j *job, ok bool) {
	has := j.segment.Raw() // may wait for the disk
	q.update(func() {
		q.giveBack(j.lane)
		before := j.raw
		if ok {
			j.raw, j.size = j.shipment.done.raw, j.shipment.done.stored
		} else {
			j.raw, j.size = 0, 0
			q.endEager(j)
		}
		if j.state == eager && j.raw > before && has-j.raw >= eagerSize { // else the next frame that is durable tells
			q.enqueue(j.lane)
		}
		q.place(j.lane)
	})
}

// endEager has a job not count among the eager ones any more. It is called with mu
// held.
func (q *queue) endEager(j *job) {
	switch j.state {
	case eager:
		j.state = refused
	case finishing:
		j.state = sealed
	default:
		return
	}
	q.eager--
}

// openShipments returns the jobs that no worker has and whose shipments were begun.
func (q *queue) openShipments() (jobs []*job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, l := range q.lanes {
		if j := l.first(); j.shipment != nil {
			jobs = append(jobs, j)
		}
	}
	return jobs
}
