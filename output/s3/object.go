package s3

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
)

// Object is an upload in progress. It must not be used by several goroutines at once. It
// takes at most PartSize × (PartWorkers + 1) of memory, and PartSize while no part is in
// flight.
type Object struct {
	store  *Store
	ctx    context.Context
	target Target
	wait   func(func())
	replay func() (io.ReadCloser, error)
	err    error // of the target: nothing is sent

	buf        []byte     // the part being filled
	upload     *multipart // nil until a second part is needed
	replayed   *sums      // of a whole object that does not fit buf, else nil
	size       int64
	incomplete bool
}

// Object begins an upload. Nothing is sent before a part is full. ctx bounds all requests
// except those of Abort.
func (s *Store) Object(ctx context.Context, t Target) *Object {
	key, err := t.customerKey()
	t.key = key
	return &Object{store: s, ctx: ctx, target: t, err: err, wait: func(f func()) { f() }}
}

// SetWaiter sets the wrapper in which Write runs blocking calls.
func (o *Object) SetWaiter(wait func(f func())) { o.wait = wait }

// SetReplay sets the function that opens the same body again from its start. It is needed
// with Options.Whole: an object that does not fit a part is not kept, but read again when
// it is sent.
func (o *Object) SetReplay(open func() (io.ReadCloser, error)) { o.replay = open }

// SetIncomplete marks the body as lacking what could not be read: if a longer object with
// the same ID is already there, that one is kept.
func (o *Object) SetIncomplete() { o.incomplete = true }

// Write appends to the object's body. It blocks while PartWorkers parts are in flight.
func (o *Object) Write(p []byte) (n int, err error) {
	if err := cmp.Or(o.err, o.ctx.Err()); err != nil {
		return 0, fmt.Errorf("write object %s: %w", o.target, err)
	}
	partSize := int(o.store.opts.PartSize)
	for len(p) > 0 {
		if len(o.buf) == partSize {
			o.wait(func() { err = o.flush() })
			if err != nil {
				return n, err
			}
		}
		k := min(len(p), partSize-len(o.buf))
		o.buf = append(o.store.grow(o.buf, k), p[:k]...)
		p, n, o.size = p[k:], n+k, o.size+int64(k)
	}
	return n, nil
}

// Size returns how many bytes were written.
func (o *Object) Size() int64 { return o.size }

// HasStaleUploads reports, once the object is stored, whether there may be unfinished
// multipart uploads of earlier attempts. AbortStaleUploads removes them.
func (o *Object) HasStaleUploads() bool {
	if o.target.ID == "" {
		return false
	}
	if o.upload == nil { // an earlier attempt with smaller parts may have been a multipart upload
		return o.target.Retried && o.size > MinPartSize
	}
	return o.upload.mayBeTwice
}

// flush starts uploading a full part. Of a whole object it only computes the checksums.
func (o *Object) flush() (err error) {
	if o.store.opts.Whole {
		if o.replayed == nil {
			o.replayed = o.store.newSums(o.target)
		}
		o.replayed.add(o.buf)
		o.buf = o.buf[:0]
		return nil
	}
	if o.upload == nil {
		if o.upload, err = o.store.createMultipart(o.ctx, o.target); err != nil {
			return err
		}
	}
	if err := o.upload.part(o.buf); err != nil {
		return err
	}
	o.buf = nil
	return nil
}

// Close sends the rest and returns when the object is stored.
func (o *Object) Close() error {
	if err := o.finish(); err != nil {
		return err
	}
	o.store.putBuffer(o.buf)
	o.buf = nil
	return nil
}

func (o *Object) finish() (err error) {
	switch {
	case o.err != nil:
		return fmt.Errorf("write object %s: %w", o.target, o.err)
	case o.upload != nil:
		if len(o.buf) > 0 {
			if err := o.upload.part(o.buf); err != nil {
				return err
			}
			o.buf = nil
		}
		return o.upload.complete(o.written())
	case o.replayed != nil:
		o.replayed.add(o.buf)
		body := &replay{open: o.replay, size: o.size}
		defer body.Close()
		return o.put(body, o.replayed)
	}
	all := o.store.newSums(o.target)
	all.add(o.buf)
	return o.put(bytes.NewReader(o.buf), all)
}

// Abort removes what was uploaded, after a failed Write or Close or instead of Close. It
// has its own ctx: the object's may have ended.
func (o *Object) Abort(ctx context.Context) error {
	if o.upload != nil {
		return o.upload.abort(ctx)
	}
	return nil
}

func (o *Object) put(body io.ReadSeeker, sums *sums) error {
	in := putInput(o.target)
	in.Body, in.ContentLength, in.ContentMD5 = body, &o.size, sums.contentMD5()
	sums.checksums().setOn(in)
	err := o.store.putIfAbsent(o.ctx, o.written(), func(condition *string) error {
		in.IfNoneMatch = condition
		ctx, cancel := context.WithTimeout(o.ctx, deadline(o.size))
		defer cancel()
		return o.store.call(o.target.Bucket, func(region func(*awss3.Options)) (err error) {
			if _, err = body.Seek(0, io.SeekStart); err != nil {
				return err
			}
			_, err = o.store.client.PutObject(ctx, in, region, sums.payloadHash)
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("put object %s: %w", o.target, err)
	}
	return nil
}

// written describes the object as it should be stored.
func (o *Object) written() written { return written{o.target, o.size, o.incomplete} }
