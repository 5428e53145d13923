package s3

import (
	"bytes"
	"context"
	"fmt"
	"io"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
)

// Object is an object on its way. Its methods belong to one goroutine. Memory is
// bounded by PartSize × (PartWorkers + 1), and by PartSize while nothing is written and
// its parts have arrived.
type Object struct {
	store  *Store
	ctx    context.Context
	target Target
	wait   func(func())
	replay func() (io.ReadCloser, error)

	buf        []byte     // the part that is being filled
	upload     *multipart // nil until a second part is needed
	replayed   *sums      // of a whole object that does not fit buf, else nil
	size       int64
	incomplete bool
}

// Object begins an object. Nothing is sent before a part is full. ctx bounds all
// of its requests but those of Abort.
func (s *Store) Object(ctx context.Context, t Target) *Object {
	return &Object{store: s, ctx: ctx, target: t, wait: func(f func()) { f() }}
}

// SetWaiter has Write call wait with what it has to wait for.
func (o *Object) SetWaiter(wait func(f func())) { o.wait = wait }

// SetReplay has open give the body again from its start, the same bytes, for a whole
// object that does not fit a part: it is not kept, but read when it is sent.
func (o *Object) SetReplay(open func() (io.ReadCloser, error)) { o.replay = open }

// SetIncomplete says that the body lacks what could not be read: should a longer object of
// the same ID be there already, that one is kept.
func (o *Object) SetIncomplete() { o.incomplete = true }

// Write takes more of the object's body. It waits while all parts that may be
// in flight are.
func (o *Object) Write(p []byte) (n int, err error) {
	if err := o.ctx.Err(); err != nil {
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

// HasStaleUploads reports, when the object is stored, whether unfinished uploads may be left,
// of earlier attempts or of one whose answer was lost: Tidy removes them.
func (o *Object) HasStaleUploads() bool {
	if o.target.ID == "" {
		return false
	}
	if o.upload == nil { // an attempt with smaller parts may have been a multipart upload
		return o.target.Again && o.size > MinPartSize
	}
	return o.upload.mayBeTwice
}

// flush sends a full part on its way. Of a whole object it only takes the sums.
func (o *Object) flush() (err error) {
	if o.store.opts.Whole {
		if o.replayed == nil {
			o.replayed = o.store.newSums()
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

// Close sends what is left and returns when the object is stored.
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
	all := o.store.newSums()
	all.add(o.buf)
	return o.put(bytes.NewReader(o.buf), all)
}

// Abort gives up and removes what was uploaded, after a failed Write or Close or
// instead of Close. ctx is its own: the object's may have ended.
func (o *Object) Abort(ctx context.Context) error {
	if o.upload != nil {
		return o.upload.abort(ctx)
	}
	return nil
}

func (o *Object) put(body io.ReadSeeker, sums *sums) error {
	opts := &o.store.opts
	in := &awss3.PutObjectInput{
		Bucket: &o.target.Bucket, Key: &o.target.Key, Body: body, ContentMD5: sums.contentMD5(),
		ContentType: optional(opts.ContentType), ContentEncoding: optional(o.target.ContentEncoding),
		ACL: o.store.acl(), StorageClass: o.store.storageClass(), ContentLength: &o.size, Metadata: o.target.metadata(),
	}
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

// written is the object as it is to be there.
func (o *Object) written() written { return written{o.target, o.size, o.incomplete} }
