package imds

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Error says why a path could not be read.
type Error struct {
	Path   string
	Status int   // of HTTP, 0 if there was no answer
	Err    error // nil if Status says it all
	Hint   string
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "instance metadata %s: ", e.Path)
	if e.Err != nil {
		b.WriteString(e.Err.Error())
	} else {
		fmt.Fprintf(&b, "HTTP %d %s", e.Status, http.StatusText(e.Status))
	}
	if e.Hint != "" {
		fmt.Fprintf(&b, " (%s)", e.Hint)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// IsNotFound reports whether the service answered that it has no such path.
func IsNotFound(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusNotFound && e.Path != tokenPath
}

// IsUnavailable reports whether there was no answer.
func IsUnavailable(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == 0
}
