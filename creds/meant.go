package creds

import "errors"

// Meant returns err with the same text, but never as ErrNotConfigured: what a
// configured source cannot find must not pass over it. All else that the error
// wraps, an AWS service's code or a deadline, can still be seen.
func Meant(err error) error { return meantError{err} }

type meantError struct{ err error }

func (e meantError) Error() string { return e.err.Error() }

// Is is what errors.Is asks.
func (e meantError) Is(target error) bool {
	return target != ErrNotConfigured && errors.Is(e.err, target)
}

// As is what errors.As asks.
func (e meantError) As(target any) bool { return errors.As(e.err, target) }
