package s3

import (
	"context"

	"github.com/aws/smithy-go/middleware"

	"sluice/creds"
)

// refusal is the part of a client that tells the credentials' source which key
// the service has refused, and has the request made once more with a new one.
// It stands within the SDK's loop of retries, so that it sees each attempt.
type refusal struct {
	source creds.Provider
	tell   func(creds.Credentials)
}

func (r refusal) addTo(stack *middleware.Stack) error {
	return stack.Finalize.Insert(r, "ResolveAuthScheme", middleware.Before)
}

// ID is the SDK's name for it.
func (refusal) ID() string { return "CredentialsRefused" }

// HandleFinalize makes an attempt.
func (r refusal) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
	var used creds.Credentials
	out, meta, err := next.HandleFinalize(context.WithValue(ctx, usedKey{}, &used), in)
	if creds.KeyRefused(err) && r.replaced(ctx, used) {
		err = &refusedError{err}
	}
	return out, meta, err
}

// replaced tells whether another attempt will have another key: the source has
// taken the refusal, which it does once a minute at most, or has replaced the
// key since it was used, for another request that was refused.
func (r refusal) replaced(ctx context.Context, used creds.Credentials) bool {
	source, ok := r.source.(creds.Invalidator)
	if !ok {
		return false
	}
	if source.Invalidate(used) {
		if r.tell != nil {
			r.tell(used)
		}
		return true
	}
	now, err := r.source.Retrieve(ctx)
	return err == nil && now.AccessKeyID != used.AccessKeyID
}

// refusedError is one that the SDK tries again.
type refusedError struct{ error }

func (e *refusedError) Unwrap() error { return e.error }

// RetryableError is what the SDK asks.
func (*refusedError) RetryableError() bool { return true }

// usedKey is where an attempt's context has the place for its credentials.
type usedKey struct{}

// noting notes for an attempt which credentials it has got.
type noting struct{ creds.Provider }

func (n noting) Retrieve(ctx context.Context) (creds.Credentials, error) {
	c, err := n.Provider.Retrieve(ctx)
	if used, ok := ctx.Value(usedKey{}).(*creds.Credentials); ok {
		*used = c
	}
	return c, err
}
