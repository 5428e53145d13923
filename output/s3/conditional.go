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
// event, and traffic. Source:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html

// condition returns the header If-None-Match of a write, nil for none.
func (s *Store) condition(t Target) *string {
	if !t.Own || s.unconditional.Load() {
		return nil
	}
	return aws.String("*")
}

// unlessThere writes an object of size bytes, and once more without its
// condition if the server does not know conditions, which is remembered, or if
// what is there may not be looked at. A write whose condition failed was done
// before if what is there has the same size.
func (s *Store) unlessThere(ctx context.Context, t Target, size int64, write func(condition *string) error) error {
	condition := s.condition(t)
	err := write(condition)
	if condition == nil {
		return err
	}
	switch creds.ErrorCode(err) {
	case "PreconditionFailed":
		there, known, headErr := s.sizeOf(ctx, t)
		switch {
		case headErr != nil:
			return fmt.Errorf("look at what is there: %w", headErr)
		case known && there == size:
			return nil
		case known:
			return fmt.Errorf("another object is there: it has %d bytes, this one %d", there, size)
		}
		return write(nil) // the same bytes again, as without conditions
	case "NotImplemented":
		s.unconditional.Store(true)
		return write(nil)
	}
	return err
}

// headDeadline bounds a look at an object.
const headDeadline = 30 * time.Second

// sizeOf returns the size of the object that is there. It is not known if it may
// not be looked at (that takes s3:GetObject), or if nothing is there after all.
func (s *Store) sizeOf(ctx context.Context, t Target) (size int64, known bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, headDeadline)
	defer cancel()
	out, err := s.client.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: &t.Bucket, Key: &t.Key})
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) && (answer.HTTPStatusCode() == http.StatusForbidden || answer.HTTPStatusCode() == http.StatusNotFound) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	return aws.ToInt64(out.ContentLength), true, nil
}
