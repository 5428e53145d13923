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
	var signing signing
	out, meta, err := next.HandleFinalize(context.WithValue(ctx, signingKey{}, &signing), in)
	switch {
	case signing.err != nil: // the SDK keeps nothing of it but its text
		err = &credentialsError{signing.err}
	case creds.KeyRefused(err) && r.replaced(ctx, signing.used):
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

// signing is what an attempt was signed with, or why it was not.
type signing struct {
	used creds.Credentials
	err  error
}

// signingKey is the context key of an attempt's *signing.
type signingKey struct{}

// recorder records in the context which credentials an attempt uses.
type recorder struct{ creds.Provider }

func (r recorder) Retrieve(ctx context.Context) (creds.Credentials, error) {
	c, err := r.Provider.Retrieve(ctx)
	if s, ok := ctx.Value(signingKey{}).(*signing); ok {
		s.used, s.err = c, err
	}
	return c, err
}
