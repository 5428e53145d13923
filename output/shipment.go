package output

import (
	"cmp"
	"context"
	"errors"
	"io"
	"sync/atomic"

	"sluice/output/encode"
	"sluice/output/s3"
	"sluice/spool"
)

// shipment is an upload of a segment, which may still be growing. It belongs to the worker
// that holds the job.
type shipment struct {
	frames   *spool.Reader
	pool     *encode.Pool
	encoding encode.Options
	encoder  encode.Encoder // nil after encodeLast
	object   *s3.Object
	cores    *semaphore
	progress *atomic.Int64 // the job's
	done     result
}

// result is what a segment became.
type result struct {
	store        *s3.Store
	target       s3.Target
	raw          int64 // bytes of data
	records      int64
	stored       int64   // bytes; an estimate until the segment is encoded whole
	seconds      float64 // that the upload took once the segment was sealed
	missing      int64   // records without log_key
	undated      int64   // records whose time was replaced by a member of the same name
	problems     problems
	staleUploads bool // unfinished multipart uploads may be left in S3
}

// spoolError is a failure of the spool, which says nothing about the server.
type spoolError struct{ error }

func (e *spoolError) Unwrap() error { return e.error }

// begin starts the job's shipment, if it has none.
func (o *Output) begin(ctx context.Context, j *job) error {
	if j.shipment != nil {
		return nil
	}
	seg := j.segment
	m, err := parseMeta(seg.Meta)
	if err != nil {
		return err
	}
	store, attributes, err := o.stores.storeFor(m)
	if err != nil {
		return err
	}
	if j.attributes != nil {
		attributes = *j.attributes
	}
	frames, err := seg.Open()
	if err != nil {
		return &spoolError{err}
	}
	s := &shipment{frames: frames, pool: &o.pool, encoding: m.Encoding, cores: o.cores,
		progress: &j.progress}
	s.done.store, s.done.target = store, s3.Target{
		Bucket: cmp.Or(j.bucket, m.Bucket), Key: m.Key, Attributes: attributes,
		ID: m.ID, Retried: j.aborted || j.attempts > 0 || seg.Recovered,
	}
	s.object = store.Object(ctx, s.done.target)
	s.object.SetWaiter(o.cores.yield)
	s.object.SetReplay(func() (io.ReadCloser, error) { return o.encodeAgain(seg, m.Encoding) })
	if s.encoder, err = s.pool.Get(s.object, m.Encoding); err != nil {
		return errors.Join(err, frames.Close())
	}
	j.shipment = s
	return nil
}

// encode ships the frames that have become durable. What cannot be read of them is
// recorded as a problem, and the rest is shipped.
func (s *shipment) encode() error {
	s.cores.Acquire()
	defer s.cores.Release()
	return s.write()
}

func (s *shipment) write() error {
	damage, err := readFrames(s.frames, func(f spool.Frame) error {
		s.done.raw += int64(len(f.Data))
		s.progress.Store(s.done.raw)
		return writeFrame(s.encoder, f, &s.done.problems)
	})
	for _, d := range damage {
		s.done.problems.add("%v", d)
	}
	s.done.records, s.done.missing, s.done.undated = s.encoder.Records(), s.encoder.Missing(), s.encoder.Undated()
	s.done.stored = s.encoder.EstimateSize(s.object.Size())
	return err
}

// readFrames calls each for every frame. It marks errors of the spool as such; those of
// each are returned as they are.
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

// finish ships the rest and returns when the object is stored, or when there is no record
// to store.
func (s *shipment) finish() error {
	if err := s.encodeLast(); err != nil || s.done.records == 0 {
		return err
	}
	if s.done.problems.count > 0 {
		s.object.SetIncomplete()
	}
	if err := s.object.Close(); err != nil {
		return err
	}
	s.done.staleUploads = s.object.HasStaleUploads()
	_ = s.frames.Close() // was only read
	return nil
}

func (s *shipment) encodeLast() error {
	s.cores.Acquire()
	defer s.cores.Release()
	if err := s.write(); err != nil {
		return err
	}
	if err := s.encoder.Close(); err != nil {
		return err
	}
	s.done.stored = s.object.Size()
	s.pool.Put(s.encoder, s.encoding)
	s.encoder = nil
	return nil
}

// abortShipment ends the job's shipment, if it has one, and removes what it uploaded.
func (o *Output) abortShipment(j *job) error {
	s := j.shipment
	if s == nil {
		return nil
	}
	j.shipment, j.aborted = nil, true
	_ = s.frames.Close() // was only read
	return s.object.Abort(o.abortCtx)
}
