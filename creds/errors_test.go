package creds_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/aws/smithy-go"

	"sluice/creds"
)

// TestAWSHidesTheSourcesCode: the client of a service must not mistake the error code of STS for its service's.
func TestAWSHidesTheSourcesCode(t *testing.T) {
	calls := 0
	failure := fmt.Errorf("assume role: %w: %w", context.DeadlineExceeded,
		&smithy.GenericAPIError{Code: "AccessDenied"})
	_, err := creds.AWS(answer{"", failure, &calls}).Retrieve(t.Context())
	if creds.ErrorCode(failure) == "" || creds.ErrorCode(err) != "" || !errors.Is(err, context.DeadlineExceeded) ||
		err.Error() != failure.Error() {
		t.Errorf("code %q of %v, want none, the same text, and the deadline", creds.ErrorCode(err), err)
	}
}

func TestMeant(t *testing.T) {
	inner := fmt.Errorf("x: %w: %w: %w", creds.ErrNotConfigured, context.DeadlineExceeded,
		&fs.PathError{Op: "open", Path: "/x", Err: fs.ErrPermission})
	err := fmt.Errorf("profile: %w", creds.Meant(inner))
	if errors.Is(err, creds.ErrNotConfigured) || err.Error() != "profile: "+inner.Error() {
		t.Errorf("%v is ErrNotConfigured or has another text", err)
	}
	var path *fs.PathError
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, fs.ErrPermission) || !errors.As(err, &path) ||
		path.Path != "/x" {
		t.Errorf("%v hides what it wraps", err)
	}
}
