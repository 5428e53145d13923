package creds

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
)

// statusError is an answer other than 200.
type statusError struct {
	status int
	code   string // "" if the service told none that may be shown
}

// newStatusError looks for a code in the body, and shows nothing else of it.
func newStatusError(status int, body []byte) *statusError {
	var d struct{ Code string }
	if json.Unmarshal(body, &d) != nil {
		d.Code = ""
	}
	return &statusError{status, plainCode(d.Code)}
}

func (e *statusError) Error() string {
	text := fmt.Sprintf("HTTP %d %s", e.status, http.StatusText(e.status))
	if e.code != "" {
		text += fmt.Sprintf(", code %q", e.code)
	}
	if e.status/100 == 3 {
		text += " (redirects are not followed)"
	}
	return text
}

// retryable tells whether the service may answer better in a moment: it is
// busy, or being restarted.
func retryable(err error) bool {
	var s *statusError
	if errors.As(err, &s) {
		return s.status == http.StatusTooManyRequests || s.status >= 500
	}
	for _, broken := range []error{syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, broken) {
			return true
		}
	}
	return false
}

// transportError returns err if its text is known to be harmless. What net/http
// says of an answer that is not HTTP quotes the answer.
func transportError(ctx context.Context, err error) error {
	var (
		op   *net.OpError
		dns  *net.DNSError
		cert *tls.CertificateVerificationError
	)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &op), errors.As(err, &dns), errors.As(err, &cert), retryable(err), errors.Is(err, http.ErrSchemeMismatch):
		return err
	}
	return errors.New("the answer is not HTTP as it was expected")
}
