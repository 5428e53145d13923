package output

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// ship does jobs until ctx ends.
func (o *Output) ship(ctx context.Context) {
	for {
		j := o.queue.take(ctx)
		if j == nil {
			return
		}
		if err := contain(func() error { return o.do(ctx, j) }); err != nil {
			wait := backoff(j.attempts, mostBackoff)
			o.opts.Log.Error("the spool cannot be told what became of a segment; it is tried again", "error", err, "next_in", wait.Round(time.Millisecond))
			o.queue.retry(j, wait, ours)
		}
	}
}

// do uploads a segment, or what there is of one that is still active, and gives
// its job back to the queue. The error is the spool's: the job is still the
// caller's.
func (o *Output) do(ctx context.Context, j *job) error {
	if !j.whole {
		o.queue.rest(j, o.ahead(ctx, j) == nil)
		return nil
	}
	err := o.bring(ctx, j)
	switch {
	case err == nil:
		return o.settle(j, *j.stored)
	case ctx.Err() != nil:
		o.queue.release(j) // stopped in the middle: nothing is wrong with the segment
		return nil
	}
	return o.failed(j, err)
}

// bring has a segment's object stored, and nothing else left of it in S3. What is
// done is not done again.
func (o *Output) bring(ctx context.Context, j *job) error {
	if j.stored == nil {
		if err := o.upload(ctx, j); err != nil {
			return err
		}
	}
	if j.stored.untidy {
		if err := j.stored.store.Tidy(ctx, j.stored.target); err != nil {
			return err
		}
		j.stored.untidy = false
	}
	return nil
}

// upload stores a segment's object.
func (o *Output) upload(ctx context.Context, j *job) error {
	var done shipped
	err := contain(func() error {
		if err := o.begin(ctx, j); err != nil {
			return err
		}
		err := j.shipment.finish()
		done = j.shipment.done
		return err
	})
	if err != nil || done.records == 0 {
		err = errors.Join(err, o.giveUp(j))
	}
	if err != nil {
		return err
	}
	j.stored, j.shipment = &done, nil
	return nil
}

// panicError is a panic that was contained.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.value, e.stack) }

// contain calls f and makes an error of a panic: one in a goroutine would end
// Fluent Bit.
func contain(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{p, debug.Stack()}
		}
	}()
	return f()
}

// settle ends a job whose object is stored. The error is the spool's: the job
// is to be done again, which stores the same object again.
func (o *Output) settle(j *job, done shipped) error {
	if err := o.index.Keep(); err != nil { // the segment will not tell any more
		return err
	}
	log := o.opts.Log.With("key", done.target.Key)
	if done.missing > 0 {
		log.Error("log_key is missing in records, which were left out", "log_key", o.opts.Config.LogKey, "records", done.missing)
	}
	if done.problems.count > 0 {
		reason := fmt.Sprintf("%d records were shipped to %s, without: %s", done.records, done.target, &done.problems)
		if err := o.putAside(j.segment, "parts of a segment cannot be read", reason); err != nil {
			return err
		}
	} else if err := o.spool.Commit(j.segment); err != nil {
		return err
	}
	if done.records > 0 {
		log.Info("stored object", "bytes", done.stored, "records", done.records)
		o.ratios.learn(j.segment.Stream, done.raw, done.stored)
	}
	o.told(Event{ID: j.segment.ID, Key: done.target.Key, Bucket: done.target.Bucket, Segment: j.segment.Size(), Records: done.records, Bytes: done.stored})
	o.queue.done(j, done.records > 0)
	return nil
}
