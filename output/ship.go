package output

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"sluice/output/s3"
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

// do uploads a segment and gives its job back to the queue. The error is the
// spool's: the job is still the caller's.
func (o *Output) do(ctx context.Context, j *job) error {
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
	m, err := parseMeta(j.segment.Meta)
	if err != nil {
		return err
	}
	store, err := o.stores.of(m)
	if err != nil {
		return err
	}
	if j.stored == nil {
		done, err := o.upload(ctx, store, m, j)
		if err != nil {
			return err
		}
		j.stored = &done
	}
	if j.stored.untidy {
		if err := store.Tidy(ctx, j.stored.target); err != nil {
			return err
		}
		j.stored.untidy = false
	}
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

// shipped tells what became of a segment.
type shipped struct {
	target   s3.Target
	records  int64
	stored   int64 // bytes
	missing  int64 // records without log_key
	problems problems
	untidy   bool // unfinished uploads may be left in S3
}

// upload stores a segment's object. What cannot be read of it is noted, and the
// rest is shipped.
func (o *Output) upload(ctx context.Context, store *s3.Store, m meta, j *job) (done shipped, err error) {
	seg := j.segment
	done.target = s3.Target{
		Bucket: m.Bucket, Key: m.Key, ContentEncoding: m.Encoding.Compression.ContentEncoding(),
		ID: m.ID, Again: j.attempts > 0 || seg.Recovered,
	}
	obj := store.Object(ctx, done.target)
	err = contain(func() error { return encodeSegment(obj, m.Encoding, seg, &done) })
	if err == nil && done.records > 0 {
		err = obj.Close()
	}
	if err != nil || done.records == 0 {
		return done, errors.Join(err, obj.Abort(o.ending))
	}
	done.untidy = obj.Untidy()
	return done, nil
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
		o.ratios.learn(j.segment.Stream, j.segment.Raw(), done.stored)
	}
	o.told(Event{ID: j.segment.ID, Key: done.target.Key, Bucket: done.target.Bucket, Segment: j.segment.Size(), Records: done.records, Bytes: done.stored})
	o.queue.done(j, done.records > 0)
	return nil
}
