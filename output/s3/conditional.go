package s3

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
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

// unlessThere does a write, and once more without its condition if the server
// does not know conditions: that is remembered. A write whose condition failed
// has been done before.
func (s *Store) unlessThere(t Target, write func(condition *string) error) error {
	condition := s.condition(t)
	err := write(condition)
	if condition == nil {
		return err
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err
	}
	switch api.ErrorCode() {
	case "PreconditionFailed":
		return nil
	case "NotImplemented":
		s.unconditional.Store(true)
		return write(nil)
	}
	return err
}
