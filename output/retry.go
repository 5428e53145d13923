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

// handleFailure requeues a failed job, or ends it after its last retry. The error that it
// returns is the spool's.
func (o *Output) handleFailure(j *job, cause error) error {
	if errors.Is(cause, spool.ErrVanished) {
		o.opts.Log.Error(
			"a segment is lost: another program deleted its file",
			"error",
			cause,
			"bytes",
			j.segment.Raw(),
		)
		o.counters.objects[vanished].Add(1)
		if err := o.spool.Drop(j.segment); err != nil {
			return err
		}
		o.emitFailure(j, cause)
		o.queue.done(j, false)
		return nil
	}
	if j.stored != nil || !o.isFinal(j, cause) { // aborting stale uploads has its own limit
		o.retryLater(j, cause)
		return nil
	}
	if err := o.index.Persist(); err != nil {
		return err
	}
	if err := o.giveUp(j, cause); err != nil {
		return err
	}
	o.emitFailure(j, cause)
	o.queue.done(j, false)
	return nil
}

// maxPanics is how many panics of one segment are retried: a segment that a bug of ours
// keeps from being shipped must not block its stream.
const maxPanics = 2

// isFinal reports whether a failure is the last one. upload_retry_limit counts failures of
// the server only: panics are counted apart, and the spool's failures are retried forever.
func (o *Output) isFinal(j *job, cause error) bool {
	if isPanic(cause) {
		j.panics++
		return j.panics > maxPanics
	}
	if isInternal(cause) {
		return false
	}
	limit := o.opts.Config.RetryLimit
	return limit != conf.Unlimited && j.attempts-j.internalFailures >= limit
}

func isPanic(err error) bool {
	var p *contain.Panic
	return errors.As(err, &p)
}

// isInternal reports whether err comes from the spool or from a panic, and so says nothing
// about the server.
func isInternal(err error) bool {
	var local *spoolError
	return errors.As(err, &local) || isPanic(err)
}

// emitFailure emits the event of a failed attempt.
func (o *Output) emitFailure(j *job, cause error) {
	bucket, key, _ := Destination(j.segment.Meta) // empty if it cannot be read
	o.emit(Event{ID: j.segment.ID, Bucket: bucket, Key: key, Segment: j.segment.Size(), Err: cause})
}

// retryLater requeues a job with a backoff, and logs why.
func (o *Output) retryLater(j *job, cause error) {
	f, now := o.explain(cause), o.opts.Now()
	why, level := transient, slog.LevelWarn
	switch {
	case isInternal(cause):
		why = internal
	case f.NeedsOperator:
		why, level = needsOperator, slog.LevelError
	}
	wait := backoff(j.attempts, maxBackoff)
	text := "upload failed; the data is safe in the spool"
	if f.Remedy != "" {
		text = f.Remedy + ": " + text
	}
	args := []any{"error", f.Cause, "attempt", j.attempts + 1, "next_in", wait.Round(time.Millisecond)}
	o.opts.Log.Log(context.Background(), level, text, append(args, ids(f)...)...)
	o.counters.objects[failed].Add(1)
	o.health.report(noUpload, f.Cause, f.Remedy, now)
	o.emitFailure(j, cause)
	o.queue.retry(j, wait, why)
}

// ids are the attributes that AWS's support asks for; they come last in a line.
func ids(f s3.Failure) (args []any) {
	if f.RequestID != "" {
		args = append(args, "request_id", f.RequestID)
	}
	if f.HostID != "" {
		args = append(args, "host_id", f.HostID)
	}
	return args
}

// giveUp carries out retry_exhausted_action. A segment that we panic on is always kept.
func (o *Output) giveUp(j *job, cause error) error {
	reason := fmt.Sprintf("gave up after %d attempts: %s", j.attempts+1, s3.Explain(cause).Cause)
	if o.opts.Config.DropExhausted && !isPanic(cause) {
		return o.drop(j.segment, "upload failed for good", reason)
	}
	return o.quarantine(j.segment, "upload failed for good", reason)
}

// quarantine moves a segment to the quarantine, or deletes it if that would exceed
// quarantine_dir_limit_size.
func (o *Output) quarantine(seg *spool.Segment, what, reason string) error {
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
	o.asideBytes.changed()
	if errors.Is(err, spool.ErrVanished) {
		o.opts.Log.Error(what+"; the segment cannot be quarantined: its file is gone", "error", err, "bytes", seg.Raw(),
			"reason", reason)
		o.counters.objects[vanished].Add(1)
		return nil
	}
	if where == "" {
		return err
	}
	o.opts.Log.Error(what+"; the segment is in the quarantine", "file", where, "reason", reason)
	o.counters.objects[quarantined].Add(1)
	return nil
}

// drop deletes a segment, as configured.
func (o *Output) drop(seg *spool.Segment, what, reason string) error {
	o.opts.Log.Error(what+"; the segment is deleted as configured", "bytes", seg.Raw(), "reason", reason)
	if err := o.spool.Drop(seg); err != nil {
		return err
	}
	o.counters.objects[deleted].Add(1)
	return nil
}

// maxBackoff is the longest pause between two attempts of a segment.
const maxBackoff = time.Minute

// backoff returns the pause after a failure that so many others came before: 1 s, doubled
// each time up to most, less a random part of up to a half.
func backoff(failures int, most time.Duration) time.Duration {
	most = min(time.Second<<min(failures, 10), most)
	return most - rand.N(most/2)
}
