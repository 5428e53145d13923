package s3

import (
	"context"

	"github.com/aws/smithy-go/middleware"

	"sluice/creds"
)

// refusal is a middleware that tells the credentials' source which key the service
// refused, and makes the SDK repeat the request with a new one. It runs within the SDK's
// retry loop, so that it sees each attempt.
type refusal struct {
	source    creds.Provider
	onRefused func(creds.Credentials) // may be nil
}

func (r refusal) addTo(stack *middleware.Stack) error {
	return stack.Finalize.Insert(r, "ResolveAuthScheme", middleware.Before)
}

// ID implements middleware.FinalizeMiddleware.
func (refusal) ID() string { return "CredentialsRefused" }

// HandleFinalize makes one attempt.
func (r refusal) HandleFinalize(
	ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
) (middleware.FinalizeOutput, middleware.Metadata, error) {
	var used creds.Credentials
	out, meta, err := next.HandleFinalize(context.WithValue(ctx, usedKey{}, &used), in)
	if creds.KeyRefused(err) && r.replaced(ctx, used) {
		err = &refusedError{err}
	}
	return out, meta, err
}

// replaced reports whether another attempt will use another key: the source has accepted
// the refusal, which it does at most once a minute, or has replaced the key since, because
// another request was refused.
func (r refusal) replaced(ctx context.Context, used creds.Credentials) bool {
	source, ok := r.source.(creds.Invalidator)
	if !ok {
		return false
	}
	if source.Invalidate(used) {
		if r.onRefused != nil {
			r.onRefused(used)
		}
		return true
	}
	now, err := r.source.Retrieve(ctx)
	return err == nil && now.AccessKeyID != used.AccessKeyID
}

// refusedError makes the SDK retry.
type refusedError struct{ error }

func (e *refusedError) Unwrap() error { return e.error }

// RetryableError implements the SDK's retry check.
func (*refusedError) RetryableError() bool { return true }

// usedKey is the context key of an attempt's credentials.
type usedKey struct{}

// recorder records in the context which credentials an attempt uses.
type recorder struct{ creds.Provider }

func (r recorder) Retrieve(ctx context.Context) (creds.Credentials, error) {
	c, err := r.Provider.Retrieve(ctx)
	if used, ok := ctx.Value(usedKey{}).(*creds.Credentials); ok {
		*used = c
	}
	return c, err
}
