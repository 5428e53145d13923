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

// A target whose key nobody else writes is written under the condition that
// nothing is there: when the answer to a write was lost, the next attempt is told
// so (412) instead of writing the object again, which would be a new version, an
// event, and traffic. What is there is known by its metadata. Source:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html

// idName is the object's metadata that holds Target.ID (x-amz-meta-sluice-id).
const idName = "sluice-id"

func (t Target) metadata() map[string]string {
	if t.ID == "" {
		return nil
	}
	return map[string]string{idName: t.ID}
}

// condition returns the header If-None-Match of a write, nil for none.
func (s *Store) condition(t Target) *string {
	if t.ID == "" || s.unconditional.Load() {
		return nil
	}
	return aws.String("*")
}

// written is an object as it is to be there.
type written struct {
	Target
	size       int64
	incomplete bool // what could not be read is missing
}

// putIfAbsent writes an object, and once more without its condition if the server
// does not know conditions, or if what is there is not known to be the same. A write
// that was refused was done before if what is there has its ID and its size: its
// condition failed, or its multipart upload is no more.
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
			return fmt.Errorf("look at what is there: %w", headErr)
		case there == same:
			return nil
		case code == "NoSuchUpload":
			return err
		case there == other:
			return ErrOther
		}
		return write(nil) // the same records again, as without conditions
	}
	return err
}

// withoutCondition writes again for a server that does not implement something. If
// that was the condition, none is sent any more.
func (s *Store) withoutCondition(write func(condition *string) error) error {
	err := write(nil)
	if err == nil && !s.unconditional.Swap(true) {
		s.opts.Warn("the server does not know conditional writes (If-None-Match): " +
			"an object whose answer is lost is written again")
	}
	return err
}

// existing is what is under a key.
type existing uint8

const (
	unknown existing = iota // it may not be looked at (that takes s3:GetObject), or nothing is there after all
	same
	part // ours, but of another size: a segment may have had fewer records when it was stored
	other
)

// headDeadline bounds a look at an object.
const headDeadline = 30 * time.Second

// head returns what is under a target's key.
func (s *Store) head(ctx context.Context, t written) (existing, error) {
	ctx, cancel := context.WithTimeout(ctx, headDeadline)
	defer cancel()
	var out *awss3.HeadObjectOutput
	err := s.call(t.Bucket, func(in func(*awss3.Options)) (err error) {
		out, err = s.client.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: &t.Bucket, Key: &t.Key}, in)
		return err
	})
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) && (answer.HTTPStatusCode() == http.StatusForbidden || answer.HTTPStatusCode() == http.StatusNotFound) {
		return unknown, nil
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
