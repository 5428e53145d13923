package output

import (
	"cmp"
	"context"
	"errors"
	"io"

	"sluice/output/encode"
	"sluice/output/s3"
	"sluice/spool"
)

// shipment is a segment on its way into an object, as much of it as there was. It
// belongs to the worker that has the job.
type shipment struct {
	frames   *spool.Reader
	writers  *encode.Writers
	writer   *encode.Writer // nil when it has ended
	object   *s3.Object
	encoders *slots
	done     shipped
}

// shipped is what became of a segment.
type shipped struct {
	store    *s3.Store
	target   s3.Target
	raw      int64 // bytes of data
	records  int64
	stored   int64 // bytes; foreseen, as long as there is more to come
	missing  int64 // records without log_key
	undated  int64 // records whose time a member of theirs has replaced
	problems problems
	untidy   bool // unfinished uploads may be left in S3
}

// spoolError is a failure of the spool, which says nothing about the server.
type spoolError struct{ error }

func (e *spoolError) Unwrap() error { return e.error }

// begin starts a job's shipment, unless that has been done.
func (o *Output) begin(ctx context.Context, j *job) error {
	if j.shipment != nil {
		return nil
	}
	seg := j.segment
	m, err := parseMeta(seg.Meta)
	if err != nil {
		return err
	}
	store, err := o.stores.of(m)
	if err != nil {
		return err
	}
	frames, err := seg.Open()
	if err != nil {
		return &spoolError{err}
	}
	s := &shipment{frames: frames, writers: &o.writers, encoders: o.encoders}
	s.done.store, s.done.target = store, s3.Target{
		Bucket: cmp.Or(j.bucket, m.Bucket), Key: m.Key, ContentEncoding: m.Encoding.Compression.ContentEncoding(),
		ID: m.ID, Again: j.again || j.attempts > 0 || seg.Recovered,
	}
	s.object = store.Object(ctx, s.done.target)
	s.object.Waits(o.encoders.without)
	s.object.Replay(func() (io.ReadCloser, error) { return o.encodeAgain(seg, m.Encoding) })
	if s.writer, err = o.writers.Get(s.object, m.Encoding); err != nil {
		return errors.Join(err, frames.Close())
	}
	j.shipment = s
	return nil
}

// encode ships the frames that have become durable. What cannot be read of them is
// noted, and the rest is shipped.
func (s *shipment) encode() error {
	s.encoders.Enter()
	defer s.encoders.Leave()
	return s.write()
}

func (s *shipment) write() error {
	damage, err := readFrames(s.frames, func(f spool.Frame) error {
		s.done.raw += int64(len(f.Data))
		return writeFrame(s.writer, f, &s.done.problems)
	})
	for _, d := range damage {
		s.done.problems.add("%v", d)
	}
	s.done.records, s.done.missing, s.done.undated = s.writer.Records(), s.writer.Missing(), s.writer.Undated()
	s.done.stored = s.writer.Foresee(s.object.Size())
	return err
}

// readFrames reads frames, and keeps the spool's errors apart from those of each.
func readFrames(r *spool.Reader, each func(spool.Frame) error) ([]spool.Damage, error) {
	var failed error // of each
	damage, err := r.Frames(func(f spool.Frame) error {
		failed = each(f)
		return failed
	})
	if err != nil && failed == nil {
		err = &spoolError{err}
	}
	return damage, err
}

// finish ships what is left and returns when the object is stored, or when there
// is no record to store.
func (s *shipment) finish() error {
	if err := s.encodeRest(); err != nil || s.done.records == 0 {
		return err
	}
	if s.done.problems.count > 0 {
		s.object.Incomplete()
	}
	if err := s.object.Close(); err != nil {
		return err
	}
	s.done.untidy = s.object.Untidy()
	_ = s.frames.Close() // was only read
	return nil
}

func (s *shipment) encodeRest() error {
	s.encoders.Enter()
	defer s.encoders.Leave()
	if err := s.write(); err != nil {
		return err
	}
	if err := s.writer.Close(); err != nil {
		return err
	}
	s.done.stored = s.object.Size()
	s.writers.Put(s.writer)
	s.writer = nil
	return nil
}

// abortShipment ends a job's shipment, if it has one, and removes what it has
// uploaded.
func (o *Output) abortShipment(j *job) error {
	s := j.shipment
	if s == nil {
		return nil
	}
	j.shipment, j.again = nil, true
	_ = s.frames.Close() // was only read
	return s.object.Abort(o.ending)
}
