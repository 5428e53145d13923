package output

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"sluice/conf"
	"sluice/output/s3"
	"sluice/spool"
)

// failed gives a job back, or ends it when it was retried often enough. The
// error is the spool's.
func (o *Output) failed(j *job, cause error) error {
	if errors.Is(cause, spool.ErrVanished) {
		o.opts.Log.Error("a segment is lost", "error", cause, "bytes", j.segment.Raw())
		if err := o.spool.Drop(j.segment); err != nil {
			return err
		}
		o.tellFailure(j, cause)
		o.queue.done(j, false)
		return nil
	}
	limit := o.opts.Config.RetryLimit
	var panicked *panicError
	if errors.As(cause, &panicked) {
		limit = maxPanics
	}
	if limit == conf.Unlimited || j.attempts < limit {
		o.again(j, cause)
		return nil
	}
	if j.stored != nil {
		o.stored <- j
		return nil
	}
	if err := o.index.Keep(); err != nil {
		return err
	}
	if err := o.exhausted(j, cause); err != nil {
		return err
	}
	o.tellFailure(j, cause)
	o.queue.done(j, false)
	return nil
}

// tellFailure tells of a failed attempt.
func (o *Output) tellFailure(j *job, cause error) {
	bucket, key, _ := Destination(j.segment.Meta) // "" if it cannot be read
	o.told(Event{ID: j.segment.ID, Bucket: bucket, Key: key, Segment: j.segment.Size(), Err: cause})
}

// again gives a job back to be tried later.
func (o *Output) again(j *job, cause error) {
	why, level := passing, slog.LevelWarn
	remedy, known := s3.Remedy(cause)
	if known {
		why, level = lasting, slog.LevelError
	}
	wait := backoff(j.attempts, mostBackoff)
	args := []any{"error", cause, "attempt", j.attempts + 1, "next_in", wait.Round(time.Millisecond)}
	if remedy != "" {
		args = append(args, "remedy", remedy)
	}
	o.opts.Log.Log(context.Background(), level, "upload failed; the data is safe in the spool", args...)
	o.tellFailure(j, cause)
	o.queue.retry(j, wait, why)
}

// maxPanics are retried: a segment that our own mistake cannot ship must not hold
// up its stream for ever.
const maxPanics = 2

// exhausted does what retry_exhausted_action says.
func (o *Output) exhausted(j *job, cause error) error {
	reason := fmt.Sprintf("gave up after %d attempts: %v", j.attempts+1, cause)
	if o.opts.Config.DropExhausted {
		return o.drop(j.segment, "upload failed for good", reason)
	}
	return o.putAside(j.segment, "upload failed for good", reason)
}

// putAside moves a segment into the quarantine, or deletes it if
// quarantine_dir_limit_size has no room for it.
func (o *Output) putAside(seg *spool.Segment, what, reason string) error {
	if limit := o.opts.Config.QuarantineLimit; limit > 0 {
		used, err := o.spool.Quarantined()
		if err != nil {
			return err
		}
		if used+seg.Size() > limit {
			return o.drop(seg, what, reason+" (quarantine_dir_limit_size is reached)")
		}
	}
	where, err := o.spool.Quarantine(seg, reason)
	if where == "" {
		return err
	}
	o.opts.Log.Error(what+"; the segment was put aside", "file", where, "reason", reason)
	return nil
}

// drop deletes a segment as the configuration says.
func (o *Output) drop(seg *spool.Segment, what, reason string) error {
	o.opts.Log.Error(what+"; the segment is deleted as configured", "bytes", seg.Raw(), "reason", reason)
	return o.spool.Drop(seg)
}

// mostBackoff is the longest pause between two attempts of a segment.
const mostBackoff = time.Minute

// backoff returns how long to wait after so many failures before this one: 1 s,
// doubling up to most, less up to a half by chance.
func backoff(failures int, most time.Duration) time.Duration {
	most = min(time.Second<<min(failures, 10), most)
	return most - rand.N(most/2)
}
