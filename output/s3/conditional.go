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

// unlessThere writes an object, and once more without its condition if the server
// does not know conditions, which is remembered, or if what is there may not be
// looked at. A write that was refused was done before if what is there has its ID:
// its condition failed, or its multipart upload is no more.
func (s *Store) unlessThere(ctx context.Context, t Target, write func(condition *string) error) error {
	condition := s.condition(t)
	err := write(condition)
	switch code := creds.ErrorCode(err); {
	case code == "NotImplemented" && condition != nil:
		s.unconditional.Store(true)
		return write(nil)
	case code == "PreconditionFailed" && condition != nil, code == "NoSuchUpload" && t.ID != "":
		there, headErr := s.look(ctx, t)
		switch {
		case headErr != nil:
			return fmt.Errorf("look at what is there: %w", headErr)
		case there == ours:
			return nil
		case code == "NoSuchUpload":
			return err
		case there == other:
			return ErrOther
		}
		return write(nil) // the same bytes again, as without conditions
	}
	return err
}

// presence is what is under a key.
type presence uint8

const (
	unknown presence = iota // it may not be looked at (that takes s3:GetObject), or nothing is there after all
	ours
	other
)

// headDeadline bounds a look at an object.
const headDeadline = 30 * time.Second

// look tells what is under a target's key.
func (s *Store) look(ctx context.Context, t Target) (presence, error) {
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
	if out.Metadata[idName] == t.ID {
		return ours, nil
	}
	return other, nil
}
