package output

import (
	"context"
	"errors"
	"fmt"
	"io"
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
		done, err := o.upload(ctx, j.segment)
		switch {
		case err == nil:
			err = o.settle(j, done)
		case ctx.Err() != nil:
			// Stopped in the middle: nothing is wrong with the segment.
			o.queue.retry(j, 0)
			return
		default:
			err = o.failed(j, err)
		}
		if err != nil {
			o.opts.Log.Error("the spool's disk fails", "error", err)
			o.queue.retry(j, backoff(j.attempts))
		}
	}
}

// shipped tells what became of a segment.
type shipped struct {
	target   s3.Target
	records  int64
	stored   int64 // bytes
	missing  int64 // records without log_key
	problems problems
}

// upload writes a segment's object. What cannot be read of it is noted, and the
// rest is shipped. A panic is an error like any other.
func (o *Output) upload(ctx context.Context, seg *spool.Segment) (done shipped, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("ship segment %016x: panic: %v\n%s", seg.ID, p, debug.Stack())
		}
	}()
	m, err := parseMeta(seg.Meta)
	if err != nil {
		return done, err
	}
	done.target = s3.Target{Bucket: m.Bucket, Key: m.Key, ContentEncoding: m.Encoding.Compression.ContentEncoding()}
	obj := o.store.Object(ctx, done.target)
	w, err := encode.NewWriter(obj, m.Encoding)
	if err != nil {
		return done, err
	}
	if done.problems, err = write(w, seg); err == nil {
		err = w.Close()
	}
	done.records, done.missing, done.stored = w.Records(), w.Missing(), obj.Size()
	if err == nil && done.records > 0 {
		err = obj.Close()
	}
	if err != nil || done.records == 0 {
		return done, errors.Join(err, obj.Abort())
	}
	return done, nil
}

// write encodes all records of a segment.
func write(w *encode.Writer, seg *spool.Segment) (found problems, err error) {
	damage, err := seg.Frames(func(f spool.Frame) error {
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
				found.add("tag %q: %v", f.Tag, err)
			case errors.Is(err, record.ErrTruncated) || errors.Is(err, record.ErrReserved):
				found.add("tag %q: %v", f.Tag, err)
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
		where, err := o.spool.Quarantine(j.segment, "shipped to "+done.target.String()+" without: "+done.problems.String())
		if err != nil && where == "" {
			return err
		}
		log.Error("parts of a segment cannot be read; the rest was shipped, and the segment was put aside", "file", where, "problems", done.problems.String())
	} else if err := o.spool.Commit(j.segment); err != nil {
		return err
	}
	if done.records > 0 {
		log.Info("stored object", "bytes", done.stored, "records", done.records)
		o.ratio.learn(j.segment.Raw(), done.stored)
	}
	o.queue.done(j)
	return nil
}

// failed gives a job back, or ends it when it was retried often enough. The
// error is the spool's.
func (o *Output) failed(j *job, cause error) error {
	limit := o.opts.Config.RetryLimit
	if limit == conf.Unlimited || j.attempts < limit {
		wait := backoff(j.attempts)
		o.opts.Log.Warn("upload failed; the data is safe in the spool", "error", cause, "attempt", j.attempts+1, "next_in", wait.Round(time.Millisecond))
		o.queue.retry(j, wait)
		return nil
	}
	if err := o.exhausted(j, cause); err != nil {
		return err
	}
	o.queue.done(j)
	return nil
}

// exhausted does what retry_exhausted_action says.
func (o *Output) exhausted(j *job, cause error) error {
	reason := fmt.Sprintf("gave up after %d attempts: %v", j.attempts+1, cause)
	if room, err := o.quarantineRoom(j.segment.Size()); err != nil {
		return err
	} else if room && !o.opts.Config.DropExhausted {
		where, err := o.spool.Quarantine(j.segment, reason)
		if err != nil && where == "" {
			return err
		}
		o.opts.Log.Error("upload failed for good; the segment was put aside", "file", where, "reason", reason)
		return nil
	}
	o.opts.Log.Error("upload failed for good; the data is deleted as configured", "bytes", j.segment.Raw(), "reason", reason)
	return o.spool.Commit(j.segment)
}

// quarantineRoom tells whether quarantine_dir_limit_size has room for n bytes.
func (o *Output) quarantineRoom(n int64) (bool, error) {
	limit := o.opts.Config.QuarantineLimit
	if limit == 0 {
		return true, nil
	}
	used, err := o.spool.Quarantined()
	return used+n <= limit, err
}

// backoff returns how long to wait after so many failures before this one: 1 s,
// doubling to a minute, less up to a half by chance.
func backoff(failures int) time.Duration {
	most := min(time.Second<<min(failures, 10), time.Minute)
	return most - rand.N(most/2)
}
