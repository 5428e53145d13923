package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"sluice/creds"
)

// A target whose key nobody else writes is written on the condition that nothing is
// there. If the answer to a write was lost, the next attempt gets 412 instead of writing
// the object again, which would make a new version, an event, and traffic. The object that
// is there is recognised by its metadata. Source:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html

// idName is the metadata key that holds Target.ID (x-amz-meta-sluice-id).
const idName = "sluice-id"

// condition returns the If-None-Match header of a write, or nil.
func (s *Store) condition(t Target) *string {
	if t.ID == "" || s.unconditional.Load() {
		return nil
	}
	return aws.String("*")
}

// written describes an object as it should be stored.
type written struct {
	Target
	size       int64
	incomplete bool // it lacks what could not be read
}

// putIfAbsent calls write on the condition that nothing is there. If that fails because
// the object is there, with its ID and size, an earlier write succeeded, and that is no
// error. It calls write again without the condition if the server does not support
// conditions, or if it cannot find out whether the object there is the same.
func (s *Store) putIfAbsent(ctx context.Context, w written, write func(condition *string) error) error {
	condition := s.condition(w.Target)
	err := write(condition)
	switch code := creds.ErrorCode(err); {
	case code == "NotImplemented" && condition != nil:
		return s.withoutCondition(write)
	case code == "PreconditionFailed" && condition != nil, code == "NoSuchUpload" && w.ID != "":
		there, headErr := s.head(ctx, w)
		switch {
		case headErr != nil:
			return fmt.Errorf("look at the object that is already there: %w", headErr)
		case there == same:
			return nil
		case code == "NoSuchUpload":
			return err
		case there == other:
			return ErrOther
		}
		return write(nil) // the same records again
	}
	return err
}

// withoutCondition writes again for a server that does not implement something. If that
// succeeds, it was the condition, and no later write sends one.
func (s *Store) withoutCondition(write func(condition *string) error) error {
	err := write(nil)
	if err == nil && !s.unconditional.Swap(true) {
		s.opts.Warn("the server does not support conditional writes (If-None-Match): " +
			"an object is written twice if an answer is lost")
	}
	return err
}

// existing is what is already there under a key.
type existing uint8

const (
	unknown existing = iota // nothing, or we may not look (that takes s3:GetObject)
	same
	part // ours, but of another size: the segment may have had fewer records when it was stored
	other
)

// headDeadline bounds a HeadObject request.
const headDeadline = 30 * time.Second

// head returns what is already there under a target's key.
func (s *Store) head(ctx context.Context, t written) (existing, error) {
	ctx, cancel := context.WithTimeout(ctx, headDeadline)
	defer cancel()
	var out *awss3.HeadObjectOutput
	err := s.call(t.Bucket, func(in func(*awss3.Options)) (err error) {
		out, err = s.client.HeadObject(ctx, request[awss3.HeadObjectInput](t.Target), in)
		return err
	})
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) {
		if status := answer.HTTPStatusCode(); status == http.StatusForbidden || status == http.StatusNotFound {
			return unknown, nil
		}
	}
	if err != nil {
		return unknown, err
	}
	size := aws.ToInt64(out.ContentLength)
	switch {
	case out.Metadata[idName] != t.ID:
		return other, nil
	case size == t.size, t.incomplete && size > t.size:
		return same, nil
	}
	return part, nil
}
