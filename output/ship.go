package output

import (
	"context"
	"errors"

	"sluice/internal/contain"
	"sluice/output/s3"
)

// ship works on jobs until ctx ends.
func (o *Output) ship(ctx context.Context) {
	for {
		j, isSealed := o.queue.take(ctx)
		if j == nil {
			return
		}
		if err := contain.Do(func() error { return o.process(ctx, j, isSealed) }); err != nil {
			o.requeueCommit(j, err)
		}
	}
}

// process uploads a segment, or encodes what there is of an active one, and passes the
// job on: to the commit loop, or back to the queue. After an error, which is the spool's,
// the caller still holds the job.
func (o *Output) process(ctx context.Context, j *job, isSealed bool) error {
	if !isSealed {
		o.queue.park(j, o.encodeEager(ctx, j) == nil)
		return nil
	}
	err := o.store(ctx, j)
	switch {
	case err == nil:
		o.toCommit <- j
		return nil
	case ctx.Err() != nil:
		o.queue.release(j) // interrupted by a stop: nothing is wrong with the segment
		return nil
	}
	return o.handleFailure(j, err)
}

// store uploads a segment's object and removes whatever else earlier attempts left in S3.
// What an earlier call has finished is not repeated.
func (o *Output) store(ctx context.Context, j *job) error {
	if j.stored == nil {
		if err := o.upload(ctx, j); err != nil {
			return err
		}
	}
	return o.abortStaleUploads(ctx, j)
}

// maxStaleTries is how often we try to abort the stale uploads of a stored object. After
// that the commit waits no longer: the server may be unable to list them.
const maxStaleTries = 3

// abortStaleUploads aborts the multipart uploads that earlier attempts may have left.
func (o *Output) abortStaleUploads(ctx context.Context, j *job) error {
	if !j.stored.staleUploads {
		return nil
	}
	if err := j.stored.store.AbortStaleUploads(ctx, j.stored.target); err != nil {
		if j.staleTries++; j.staleTries < maxStaleTries {
			return err
		}
		o.opts.Log.Warn("unfinished multipart uploads of earlier attempts remain: add a lifecycle rule that "+
			"removes them",
			"key", j.stored.target.Key, "error", s3.Explain(err).Cause)
	}
	j.stored.staleUploads = false
	return nil
}

// upload encodes a segment and stores its object.
func (o *Output) upload(ctx context.Context, j *job) error {
	var done result
	began := o.opts.Now()
	err := contain.Do(func() error {
		if err := o.begin(ctx, j); err != nil {
			return err
		}
		err := j.shipment.finish()
		done = j.shipment.done
		return err
	})
	again := err != nil && (o.redirect(j, err) || o.correct(j, err))
	if err != nil || done.records == 0 {
		err = errors.Join(err, o.abortShipment(j))
	}
	if again {
		return o.upload(ctx, j)
	}
	if err != nil {
		return err
	}
	done.seconds = o.opts.Now().Sub(began).Seconds()
	j.stored, j.shipment = &done, nil
	return nil
}
