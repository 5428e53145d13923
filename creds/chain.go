package creds

import (
	"context"
	"errors"
	"sync/atomic"
)

// Chain asks providers in order and stays with the first that answers, until that
// is not configured any more. It is safe for concurrent use.
type Chain struct {
	providers []Provider
	winner    atomic.Pointer[Provider]
}

// NewChain makes a Chain.
func NewChain(providers ...Provider) *Chain { return &Chain{providers: providers} }

// Retrieve returns the winner's credentials. While there is no winner, each
// call asks all providers, passing over those that are not configured; any other
// error ends it. If nobody is configured, the error says so of each and is
// ErrNotConfigured.
func (c *Chain) Retrieve(ctx context.Context) (Credentials, error) {
	if w := c.winner.Load(); w != nil {
		found, err := (*w).Retrieve(ctx)
		if !errors.Is(err, ErrNotConfigured) {
			return found, err
		}
		c.winner.CompareAndSwap(w, nil)
	}
	var passed []error
	for i := range c.providers {
		found, err := c.providers[i].Retrieve(ctx)
		if err == nil {
			c.winner.CompareAndSwap(nil, &c.providers[i])
			return found, nil
		}
		if !errors.Is(err, ErrNotConfigured) {
			return Credentials{}, err
		}
		passed = append(passed, err)
	}
	return Credentials{}, &noneError{passed}
}

// Invalidate tells the winner, if it is an Invalidator.
func (c *Chain) Invalidate(used Credentials) bool {
	if w := c.winner.Load(); w != nil {
		if source, ok := (*w).(Invalidator); ok {
			return source.Invalidate(used)
		}
	}
	return false
}

// noneError lists what every provider missed, on one line.
type noneError struct{ passed []error }

func (e *noneError) Error() string {
	text := "no AWS credentials found"
	for i, err := range e.passed {
		text += map[bool]string{true: ": ", false: "; "}[i == 0] + err.Error()
	}
	return text
}

func (e *noneError) Unwrap() []error { return e.passed }
