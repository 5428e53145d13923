package s3

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"io"
	"os"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
)

// Object is an object on its way. Write and Close belong to one goroutine.
// Memory is bounded by PartSize × (PartWorkers + 1).
type Object struct {
	store  *Store
	ctx    context.Context
	target Target
	wait   func(func())

	buf    []byte     // the part that is being filled
	file   *os.File   // what came before buf, for a whole object
	upload *multipart // nil until a second part is needed
	size   int64
}

// Object begins an object. Nothing is sent before a part is full. ctx bounds all
// of its requests but those of Abort.
func (s *Store) Object(ctx context.Context, t Target) *Object {
	return &Object{store: s, ctx: ctx, target: t, wait: func(f func()) { f() }}
}

// Waits has Write call wait with what it has to wait for.
func (o *Object) Waits(wait func(f func())) { o.wait = wait }

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

// Untidy tells, when the object is stored, that unfinished uploads may be left,
// of earlier attempts or of one whose answer was lost: Tidy removes them.
func (o *Object) Untidy() bool { return o.upload != nil && o.upload.untidy && o.target.ID != "" }

// flush sends a full part on its way, or puts it aside for a whole object.
func (o *Object) flush() (err error) {
	if o.store.opts.Whole {
		return o.putAside()
	}
	if o.upload == nil {
		if o.upload, err = o.store.createMultipart(o.ctx, o.target); err != nil {
			return err
		}
	}
	o.buf, err = o.upload.part(o.buf)
	return err
}

func (o *Object) putAside() (err error) {
	if o.file == nil {
		if o.file, err = os.CreateTemp(o.store.opts.TempDir, "put-object-*.tmp"); err != nil {
			return fmt.Errorf("gather object: %w", err)
		}
		// No name, so that a crash leaves nothing behind.
		if err := os.Remove(o.file.Name()); err != nil {
			return fmt.Errorf("gather object: %w", err)
		}
	}
	_, err = o.file.Write(o.buf)
	o.buf = o.buf[:0]
	if err != nil {
		return fmt.Errorf("gather object: %w", err)
	}
	return nil
}

// Close sends what is left and returns when the object is stored.
func (o *Object) Close() error {
	if err := o.finish(); err != nil {
		return err
	}
	o.store.giveBack(o.buf)
	o.buf = nil
	return nil
}

func (o *Object) finish() (err error) {
	switch {
	case o.upload != nil:
		if len(o.buf) > 0 {
			if o.buf, err = o.upload.part(o.buf); err != nil {
				return err
			}
		}
		return o.upload.complete()
	case o.file != nil:
		if err := o.putAside(); err != nil {
			return err
		}
		if err := o.put(o.file); err != nil {
			return err
		}
		return o.file.Close()
	}
	return o.put(bytes.NewReader(o.buf))
}

// Abort gives up and removes what was uploaded, after a failed Write or Close or
// instead of Close. ctx is its own: the object's may have ended.
func (o *Object) Abort(ctx context.Context) error {
	if o.file != nil {
		return o.file.Close()
	}
	if o.upload != nil {
		return o.upload.abort(ctx)
	}
	return nil
}

func (o *Object) put(body io.ReadSeeker) error {
	opts := &o.store.opts
	in := &awss3.PutObjectInput{
		Bucket: &o.target.Bucket, Key: &o.target.Key, Body: body,
		ContentType: optional(opts.ContentType), ContentEncoding: optional(o.target.ContentEncoding),
		ACL: o.store.acl(), StorageClass: o.store.storageClass(), ContentLength: &o.size, Metadata: o.target.metadata(),
	}
	err := o.store.unlessThere(o.ctx, o.target, func(condition *string) error {
		in.IfNoneMatch = condition
		ctx, cancel := context.WithTimeout(o.ctx, deadline(o.size))
		defer cancel()
		return o.store.call(o.target.Bucket, func(region func(*awss3.Options)) (err error) {
			if in.ContentMD5, err = o.store.md5(body); err != nil {
				return err
			}
			_, err = o.store.client.PutObject(ctx, in, region)
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("put object %s: %w", o.target, err)
	}
	return nil
}

// md5 returns the header's value, nil if it is not asked for, and rewinds body.
func (s *Store) md5(body io.ReadSeeker) (*string, error) {
	if _, err := body.Seek(0, io.SeekStart); err != nil || !s.opts.ContentMD5 {
		return nil, err
	}
	sum := md5.New()
	if _, err := io.Copy(sum, body); err != nil {
		return nil, err
	}
	text := base64.StdEncoding.EncodeToString(sum.Sum(nil))
	_, err := body.Seek(0, io.SeekStart)
	return &text, err
}
