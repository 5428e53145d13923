package s3

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"
)

// multipart is a multipart upload with a bounded number of parts in flight.
// Its methods belong to one goroutine.
type multipart struct {
	store  *Store
	ctx    context.Context
	cancel context.CancelFunc
	target Target
	id     *string
	untidy bool // there may be another upload, whose ID nobody knows

	buffers chan []byte // free ones; their number bounds the parts in flight
	flying  sync.WaitGroup

	mu    sync.Mutex // guards what follows
	parts []types.CompletedPart
	err   error // the first one
}

func (s *Store) createMultipart(ctx context.Context, t Target) (*multipart, error) {
	ctx, cancel := context.WithCancel(ctx)
	in := &awss3.CreateMultipartUploadInput{
		Bucket: &t.Bucket, Key: &t.Key,
		ContentType: optional(s.opts.ContentType), ContentEncoding: optional(t.ContentEncoding),
		ACL: s.acl(), StorageClass: s.storageClass(), Metadata: t.metadata(),
	}
	var out *awss3.CreateMultipartUploadOutput
	err := s.call(t.Bucket, func(region func(*awss3.Options)) (err error) {
		ctx, cancel := context.WithTimeout(ctx, deadline(0))
		defer cancel()
		out, err = s.client.CreateMultipartUpload(ctx, in, region)
		return err
	})
	if err != nil {
		cancel()
		return nil, fmt.Errorf("create multipart upload %s: %w", t, err)
	}
	m := &multipart{store: s, ctx: ctx, cancel: cancel, target: t, id: out.UploadId,
		untidy:  t.Again || repeated(out.ResultMetadata),
		buffers: make(chan []byte, s.opts.PartWorkers)}
	for range s.opts.PartWorkers {
		m.buffers <- nil
	}
	return m, nil
}

// repeated tells whether a request was made more than once: the first answer may
// have been lost.
func repeated(m middleware.Metadata) bool {
	attempts, ok := retry.GetAttemptResults(m)
	return ok && len(attempts.Results) > 1
}

// part uploads buf in the background and returns an empty buffer to go on with,
// waiting until there is one. It returns the first error of any part before.
func (m *multipart) part(buf []byte) (next []byte, err error) {
	next = <-m.buffers
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		m.buffers <- next
		return buf, m.err
	}
	number := int32(len(m.parts) + 1)
	if number > MaxParts {
		m.buffers <- next
		return buf, fmt.Errorf("upload %s: more than %d parts", m.target, MaxParts)
	}
	m.parts = append(m.parts, types.CompletedPart{PartNumber: &number})
	m.flying.Go(func() {
		etag, err := m.contained(number, buf)
		m.mu.Lock()
		defer m.mu.Unlock()
		if err != nil && m.err == nil {
			m.err = err
			m.cancel() // the others have become pointless
		}
		m.parts[number-1].ETag = etag
		m.buffers <- buf[:0]
	})
	return next[:0], nil
}

// contained is put, with a panic as an error: in a goroutine it would end the
// process.
func (m *multipart) contained(number int32, buf []byte) (etag *string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("upload part %d of %s: panic: %v", number, m.target, p)
		}
	}()
	return m.put(number, buf)
}

func (m *multipart) put(number int32, buf []byte) (etag *string, err error) {
	body := bytes.NewReader(buf)
	size := int64(len(buf))
	in := &awss3.UploadPartInput{Bucket: &m.target.Bucket, Key: &m.target.Key, UploadId: m.id, PartNumber: &number, Body: body, ContentLength: &size}
	ctx, cancel := context.WithTimeout(m.ctx, deadline(size))
	defer cancel()
	var out *awss3.UploadPartOutput
	err = m.store.call(m.target.Bucket, func(region func(*awss3.Options)) (err error) {
		if in.ContentMD5, err = m.store.md5(body); err != nil {
			return err
		}
		out, err = m.store.client.UploadPart(ctx, in, region)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("upload part %d of %s: %w", number, m.target, err)
	}
	return out.ETag, nil
}

// complete waits for all parts and makes them an object.
func (m *multipart) complete() error {
	defer m.cancel()
	m.flying.Wait()
	if m.err != nil {
		return m.err
	}
	for range cap(m.buffers) {
		m.store.giveBack(<-m.buffers)
	}
	there := true
	err := m.store.unlessThere(m.ctx, m.target, func(condition *string) error {
		ctx, cancel := context.WithTimeout(m.ctx, deadline(0))
		defer cancel()
		err := m.store.call(m.target.Bucket, func(region func(*awss3.Options)) error {
			_, err := m.store.client.CompleteMultipartUpload(ctx, &awss3.CompleteMultipartUploadInput{
				Bucket: &m.target.Bucket, Key: &m.target.Key, UploadId: m.id, IfNoneMatch: condition,
				MultipartUpload: &types.CompletedMultipartUpload{Parts: m.parts},
			}, region)
			return err
		})
		there = err != nil
		return err
	})
	if err != nil {
		return fmt.Errorf("complete multipart upload %s: %w", m.target, err)
	}
	if there {
		// An earlier attempt had arrived, and the parts of this one are for nothing.
		// That they could not be removed does not make the object less there.
		_ = m.abort(context.WithoutCancel(m.ctx))
	}
	return nil
}

// abort removes the parts. ctx is not the upload's, which may have ended.
func (m *multipart) abort(ctx context.Context) error {
	m.cancel()
	m.flying.Wait()
	ctx, cancel := context.WithTimeout(ctx, abortDeadline)
	defer cancel()
	return m.store.call(m.target.Bucket, func(region func(*awss3.Options)) error {
		return m.store.abortUpload(ctx, m.target, m.id, region)
	})
}

// abortDeadline is short: an abort is made when something has gone wrong, and the
// next attempt looks for what was left.
const abortDeadline = 5 * time.Second
