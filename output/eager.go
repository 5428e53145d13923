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

// encodeEager encodes what has arrived in an active segment. If that fails, the upload is
// aborted, and begins again when the segment is sealed.
func (o *Output) encodeEager(ctx context.Context, j *job) error {
	err := contain.Do(func() error {
		if err := o.begin(ctx, j); err != nil {
			return err
		}
		return j.shipment.encode()
	})
	if err != nil {
		o.opts.Log.Debug("abort an upload that began before its segment was sealed", "error", err)
		return errors.Join(err, o.abortShipment(j))
	}
	return nil
}

// offerEager queues an active segment to be encoded before it is sealed, if it has
// enough data, is the first of its lane, and not too many others are eager. It returns
// how many bytes of the segment have been encoded so far, and their encoded size.
func (q *queue) offerEager(seg *spool.Segment) (raw, size int64) {
	has := seg.Raw() // may wait for the disk
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lanes[q.name(seg)]
	if l == nil {
		return 0, 0 // sealed and shipped meanwhile
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
		q.broadcast()
	}
	return j.raw, j.size
}

// park returns a job whose segment was not sealed when it was taken. ok reports whether
// its data was encoded.
func (q *queue) park(j *job, ok bool) {
	has := j.segment.Raw() // may wait for the disk
	q.update(func() {
		q.returnLane(j.lane)
		before := j.raw
		if ok {
			j.raw, j.size = j.shipment.done.raw, j.shipment.done.stored
		} else {
			j.raw, j.size = 0, 0
			q.clearEager(j)
		}
		if j.state == eager && j.raw > before && has-j.raw >= eagerSize { // else the next durable frame offers it
			q.enqueue(j.lane)
		}
		q.schedule(j.lane)
	})
}

// clearEager stops counting a job as eager. It is called with mu held.
func (q *queue) clearEager(j *job) {
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

// openShipments returns the jobs with a shipment that no worker holds.
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
