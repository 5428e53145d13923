package creds

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
)

// Chain asks providers in order and stays with the first that answers, while that one is configured. It is safe for
// concurrent use.
type Chain struct {
	providers []Provider
	winner    atomic.Pointer[Provider]
}

// NewChain returns a chain of these providers.
func NewChain(providers ...Provider) *Chain { return &Chain{providers: providers} }

// Retrieve returns the winner's credentials. While there is no winner, each call asks all providers and skips those
// that are not configured; any other error ends it. If none is configured, the error says so of each and is
// ErrNotConfigured.
func (c *Chain) Retrieve(ctx context.Context) (Credentials, error) {
	if w := c.winner.Load(); w != nil {
		found, err := (*w).Retrieve(ctx)
		if !errors.Is(err, ErrNotConfigured) {
			return found, err
		}
		c.winner.CompareAndSwap(w, nil)
	}
	var skipped []error
	for i := range c.providers {
		found, err := c.providers[i].Retrieve(ctx)
		if err == nil {
			c.winner.CompareAndSwap(nil, &c.providers[i])
			return found, nil
		}
		if !errors.Is(err, ErrNotConfigured) {
			return Credentials{}, err
		}
		skipped = append(skipped, err)
	}
	return Credentials{}, &noneError{skipped}
}

// Invalidate invalidates the winner, if it is an Invalidator.
func (c *Chain) Invalidate(used Credentials) bool {
	if w := c.winner.Load(); w != nil {
		if source, ok := (*w).(Invalidator); ok {
			return source.Invalidate(used)
		}
	}
	return false
}

// Format writes no secret, for every verb. Package fmt calls no method of a value in an unexported field, so it would
// print the fields of Credentials in a provider.
func (c *Chain) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "chain of %d sources of credentials", len(c.providers))
}

// noneError lists why each provider was skipped, on one line.
type noneError struct{ skipped []error }

func (e *noneError) Error() string {
	text, separator := "no AWS credentials found", ": "
	for _, err := range e.skipped {
		text += separator + err.Error()
		separator = "; "
	}
	return text
}

func (e *noneError) Unwrap() []error { return e.skipped }
