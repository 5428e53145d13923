package container

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"sluice/creds/internal/redact"
	"sluice/imds"
)

// statusError is an answer other than 200.
type statusError struct {
	status int
	code   string // "" if the service sent none that is safe to show
}

// newStatusError looks for a code in the body, and shows nothing else of it.
func newStatusError(status int, body []byte) *statusError {
	var d struct{ Code string }
	if json.Unmarshal(body, &d) != nil {
		d.Code = ""
	}
	return &statusError{status, redact.Code(d.Code)}
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

// retryable reports whether the service may soon answer better: it is busy, or restarting.
func retryable(err error) bool {
	var s *statusError
	if errors.As(err, &s) {
		return s.status == http.StatusTooManyRequests || s.status >= 500
	}
	return imds.IsBroken(err)
}

// transportError returns err if its text is safe to show, or why ctx has ended.
func transportError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return imds.SafeError(err)
}
