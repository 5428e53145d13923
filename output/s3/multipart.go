package s3

import (
	"bytes"
	"context"
	"fmt"
	"hash"
	"io"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"
	"sluice/internal/contain"
)

// multipart is a multipart upload with a bounded number of parts in flight. It must not
// be used by several goroutines at once.
type multipart struct {
	store      *Store
	ctx        context.Context
	cancel     context.CancelFunc
	target     Target
	id         *string
	mayBeTwice bool // an earlier request may have begun another upload, whose ID was lost

	whole    hash.Hash     // checksum of the whole object, if S3 takes one
	slots    chan struct{} // bounds the parts in flight
	inFlight sync.WaitGroup

	mu    sync.Mutex // guards what follows
	parts []types.CompletedPart
	err   error // the first one
}

func (s *Store) createMultipart(ctx context.Context, t Target) (*multipart, error) {
	ctx, cancel := context.WithCancel(ctx)
	in := request[awss3.CreateMultipartUploadInput](t)
	in.ChecksumAlgorithm, in.ChecksumType = multipartChecksum(t.Attributes.Checksum)
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
	return &multipart{
		store:      s,
		ctx:        ctx,
		cancel:     cancel,
		target:     t,
		id:         out.UploadId,
		mayBeTwice: t.Retried || wasRetried(out.ResultMetadata),
		slots:      make(chan struct{}, s.opts.PartWorkers),
		whole:      newChecksum(wholeAlgorithm(t)),
	}, nil
}

// wasRetried reports whether a request was made more than once: an earlier answer may have
// been lost.
func wasRetried(m middleware.Metadata) bool {
	attempts, ok := retry.GetAttemptResults(m)
	return ok && len(attempts.Results) > 1
}

// part uploads buf in the background, as soon as fewer than PartWorkers parts are in
// flight. It takes over the buffer, unless it returns the error of an earlier part.
func (m *multipart) part(buf []byte) error {
	m.slots <- struct{}{}
	m.mu.Lock()
	defer m.mu.Unlock()
	number := int32(len(m.parts) + 1)
	if m.err == nil && number > MaxParts {
		m.err = fmt.Errorf("upload %s: more than %d parts", m.target, MaxParts)
	}
	if m.err != nil {
		<-m.slots
		return m.err
	}
	if m.whole != nil {
		m.whole.Write(buf) // never fails
	}
	m.parts = append(m.parts, types.CompletedPart{PartNumber: &number})
	m.inFlight.Go(func() {
		defer func() { <-m.slots }()
		part := types.CompletedPart{PartNumber: &number}
		err := contain.Do(func() error { return m.put(&part, buf) })
		if err == nil {
			m.store.putBuffer(buf)
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		if err != nil && m.err == nil {
			m.err = err
			m.cancel() // the other parts have become pointless
		}
		m.parts[number-1] = part
	})
	return nil
}

// put uploads a part, and sets its ETag and checksum.
func (m *multipart) put(part *types.CompletedPart, buf []byte) (err error) {
	body := bytes.NewReader(buf)
	size := int64(len(buf))
	all := m.store.newSums(m.target)
	all.add(buf)
	in := request[awss3.UploadPartInput](m.target)
	in.UploadId, in.PartNumber, in.Body, in.ContentLength = m.id, part.PartNumber, body, &size
	in.ContentMD5 = all.contentMD5()
	all.checksums().setOn(in)
	all.checksums().setOn(part)
	ctx, cancel := context.WithTimeout(m.ctx, deadline(size))
	defer cancel()
	var out *awss3.UploadPartOutput
	err = m.store.call(m.target.Bucket, func(region func(*awss3.Options)) (err error) {
		if _, err = body.Seek(0, io.SeekStart); err != nil {
			return err
		}
		out, err = m.store.client.UploadPart(ctx, in, region, all.payloadHash)
		return err
	})
	if err != nil {
		return fmt.Errorf("upload part %d of %s: %w", *part.PartNumber, m.target, err)
	}
	part.ETag = out.ETag
	return nil
}

// wholeAlgorithm returns the algorithm whose checksum of the whole object S3 takes, or "".
func wholeAlgorithm(t Target) string {
	if _, kind := multipartChecksum(t.Attributes.Checksum); kind == types.ChecksumTypeFullObject {
		return t.Attributes.Checksum
	}
	return ""
}

// complete waits for all parts and completes the upload.
func (m *multipart) complete(w written) error {
	defer m.cancel()
	m.inFlight.Wait()
	if m.err != nil {
		return m.err
	}
	alreadyStored := true
	err := m.store.putIfAbsent(m.ctx, w, func(condition *string) error {
		ctx, cancel := context.WithTimeout(m.ctx, deadline(0))
		defer cancel()
		err := m.store.call(m.target.Bucket, func(region func(*awss3.Options)) error {
			in := request[awss3.CompleteMultipartUploadInput](m.target)
			in.UploadId, in.IfNoneMatch = m.id, condition
			in.MultipartUpload = &types.CompletedMultipartUpload{Parts: m.parts}
			_, in.ChecksumType = multipartChecksum(m.target.Attributes.Checksum)
			checksumsOf(wholeAlgorithm(m.target), m.whole).setOn(in)
			_, err := m.store.client.CompleteMultipartUpload(ctx, in, region)
			return err
		})
		alreadyStored = err != nil
		return err
	})
	if err != nil {
		return fmt.Errorf("complete multipart upload %s: %w", m.target, err)
	}
	if alreadyStored {
		// An earlier attempt had succeeded, and the parts of this one are useless. The
		// object is stored even if they cannot be removed.
		_ = m.abort(context.WithoutCancel(m.ctx))
	}
	return nil
}

// abort removes the parts. It has its own ctx: the upload's may have ended.
func (m *multipart) abort(ctx context.Context) error {
	m.cancel()
	m.inFlight.Wait()
	ctx, cancel := context.WithTimeout(ctx, abortDeadline)
	defer cancel()
	return m.store.call(m.target.Bucket, func(region func(*awss3.Options)) error {
		return m.store.abortUpload(ctx, m.target, m.id, region)
	})
}

// abortDeadline is short: something has already gone wrong, and the next attempt removes
// what is left.
const abortDeadline = 5 * time.Second
