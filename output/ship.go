package output

import (
	"context"
	"errors"
	"sluice/internal/contain"
)

// ship does jobs until ctx ends.
func (o *Output) ship(ctx context.Context) {
	for {
		j, whole := o.queue.take(ctx)
		if j == nil {
			return
		}
		if err := contain.Do(func() error { return o.process(ctx, j, whole) }); err != nil {
			o.unsettled(j, err)
		}
	}
}

// process uploads a segment, or what there is of one that is still active, and gives
// its job away: to settle, or back to the queue. The error is the spool's: the job
// is still the caller's.
func (o *Output) process(ctx context.Context, j *job, whole bool) error {
	if !whole {
		o.queue.park(j, o.encodeEager(ctx, j) == nil)
		return nil
	}
	err := o.store(ctx, j)
	switch {
	case err == nil:
		o.stored <- j
		return nil
	case ctx.Err() != nil:
		o.queue.release(j) // stopped in the middle: nothing is wrong with the segment
		return nil
	}
	return o.failed(j, err)
}

// store has a segment's object stored, and nothing else left of it in S3. What is done
// is not done again.
func (o *Output) store(ctx context.Context, j *job) error {
	if j.stored == nil {
		if err := o.upload(ctx, j); err != nil {
			return err
		}
	}
	return o.tidy(ctx, j)
}

// maxTidyTries is how often unfinished uploads are looked for when an object is stored. After
// that the commit waits no longer: a server may not be able to list them.
const maxTidyTries = 3

// tidy removes the unfinished uploads that earlier attempts may have left.
func (o *Output) tidy(ctx context.Context, j *job) error {
	if !j.stored.untidy {
		return nil
	}
	if err := j.stored.store.Tidy(ctx, j.stored.target); err != nil {
		if j.tidyTries++; j.tidyTries < maxTidyTries {
			return err
		}
		o.opts.Log.Warn("unfinished uploads of earlier attempts are left: have a lifecycle rule remove them",
			"key", j.stored.target.Key, "error", err)
	}
	j.stored.untidy = false
	return nil
}

// upload stores a segment's object.
func (o *Output) upload(ctx context.Context, j *job) error {
	var done shipped
	err := contain.Do(func() error {
		if err := o.begin(ctx, j); err != nil {
			return err
		}
		err := j.shipment.finish()
		done = j.shipment.done
		return err
	})
	again := err != nil && o.redirect(j, err)
	if err != nil || done.records == 0 {
		err = errors.Join(err, o.abortShipment(j))
	}
	if again {
		return o.upload(ctx, j)
	}
	if err != nil {
		return err
	}
	j.stored, j.shipment = &done, nil
	return nil
}
