package creds

import (
	"errors"
	"fmt"

	"github.com/aws/smithy-go"
)

// ErrNotConfigured is a provider's way to say "not mine": nothing asks for it, and a Chain goes on to the next. Any
// other error means that the provider is configured and failed; it stops the Chain.
var ErrNotConfigured = errors.New("not configured")

// ErrClosed is what a closed Cache returns.
var ErrClosed = errors.New("the cache of credentials is closed")

// Meant returns err with the same text, but never as ErrNotConfigured: a chain must not skip a source that is
// configured and finds nothing. All else that err wraps, such as an AWS error code or a deadline, stays visible.
func Meant(err error) error { return meantError{err} }

type meantError struct{ err error }

func (e meantError) Error() string { return e.err.Error() }

// Is answers errors.Is.
func (e meantError) Is(target error) bool {
	return target != ErrNotConfigured && errors.Is(e.err, target)
}

// As answers errors.As.
func (e meantError) As(target any) bool { return errors.As(e.err, target) }

// ErrorCode returns the code of an AWS service's error, "" if err is none.
func ErrorCode(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// WithRemedy appends the remedy for the error's code, if remedies has one.
func WithRemedy(err error, remedies map[string]string) error {
	if remedy := remedies[ErrorCode(err)]; remedy != "" {
		return fmt.Errorf("%w (%s)", err, remedy)
	}
	return err
}

// KeyRefused reports whether a service no longer knows a key, or considers it expired. The key's source should be
// invalidated.
func KeyRefused(err error) bool {
	switch ErrorCode(err) {
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken", "InvalidTokenId",
		"InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure":
		return true
	}
	return false
}

// Denied reports whether a service knows the key and refuses only this request.
func Denied(err error) bool {
	switch ErrorCode(err) {
	case "AccessDenied", "AccessDeniedException":
		return true
	}
	return false
}
