package output

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"sluice/conf"
	"sluice/internal/contain"
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
	if j.stored != nil || !o.final(j, cause) { // tidying up has its own end
		o.again(j, cause)
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

// maxPanics are retried: a segment that our own mistake cannot ship must not block its
// stream.
const maxPanics = 2

// final reports whether a failure is the last one. upload_retry_limit is about the
// server: panics are counted by themselves, and the spool is tried without end.
func (o *Output) final(j *job, cause error) bool {
	if panicked(cause) {
		j.panics++
		return j.panics > maxPanics
	}
	if ownFailure(cause) {
		return false
	}
	limit := o.opts.Config.RetryLimit
	return limit != conf.Unlimited && j.attempts-j.own >= limit
}

func panicked(err error) bool {
	var p *contain.Panic
	return errors.As(err, &p)
}

// ownFailure reports whether err is the spool's or our own, and says nothing about the
// server.
func ownFailure(err error) bool {
	var local *spoolError
	return errors.As(err, &local) || panicked(err)
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
	switch {
	case ownFailure(cause):
		why = ours
	case known:
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

// exhausted does what retry_exhausted_action says; a segment that we fail on ourselves
// is always kept.
func (o *Output) exhausted(j *job, cause error) error {
	reason := fmt.Sprintf("gave up after %d attempts: %v", j.attempts+1, cause)
	if o.opts.Config.DropExhausted && !panicked(cause) {
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
	if errors.Is(err, spool.ErrVanished) {
		o.opts.Log.Error(what+"; the segment cannot be put aside", "error", err, "bytes", seg.Raw(), "reason", reason)
		return nil
	}
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
