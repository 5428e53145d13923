package output

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"time"

	"sluice/conf"
	"sluice/output/encode"
	"sluice/output/record"
	"sluice/output/s3"
	"sluice/spool"
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

// encodeSegment writes a segment's records to obj and notes what it did.
func encodeSegment(obj *s3.Object, o encode.Options, seg *spool.Segment, done *shipped) error {
	w, err := encode.NewWriter(obj, o)
	if err != nil {
		return err
	}
	if done.problems, err = writeFrames(w, seg.Frames); err == nil {
		err = w.Close()
	}
	done.records, done.missing, done.stored = w.Records(), w.Missing(), obj.Size()
	return err
}

// writeFrames encodes all records of frames.
func writeFrames(w *encode.Writer, frames func(each func(spool.Frame) error) ([]spool.Damage, error)) (found problems, err error) {
	damage, err := frames(func(f spool.Frame) error {
		d := record.NewDecoder(f.Data)
		for {
			ev, err := d.Next()
			if err == io.EOF {
				return nil
			}
			if err == nil {
				err = w.Write(ev)
			}
			switch {
			case err == nil:
			case invalid(err) || errors.Is(err, encode.ErrTooDeep):
				found.add("%s: %v", writerOf(f), err)
			case errors.Is(err, record.ErrTruncated) || errors.Is(err, record.ErrReserved):
				found.add("%s: %v", writerOf(f), err)
				return nil
			default:
				return err
			}
		}
	})
	for _, d := range damage {
		found.add("%v", d)
	}
	return found, err
}

// writerOf says where a chunk comes from.
func writerOf(f spool.Frame) string {
	return fmt.Sprintf("chunk with tag %q that Fluent Bit has handed over at %s", f.Tag, f.Time.UTC().Format(time.RFC3339Nano))
}

// invalid tells of an object that is no log event, behind which the next may be.
func invalid(err error) bool {
	var e *record.InvalidError
	return errors.As(err, &e)
}

// problems are what could not be shipped of a segment.
type problems struct {
	count int
	first []string
}

// maxProblems are listed one by one.
const maxProblems = 10

func (p *problems) add(format string, args ...any) {
	p.count++
	if len(p.first) < maxProblems {
		p.first = append(p.first, fmt.Sprintf(format, args...))
	}
}

func (p *problems) String() string {
	text := strings.Join(p.first, "; ")
	if more := p.count - len(p.first); more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

// settle ends a job whose object is stored. The error is the spool's: the job
// is to be done again, which stores the same object again.
func (o *Output) settle(j *job, done shipped) error {
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
		return o.settle(j, *j.stored)
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
