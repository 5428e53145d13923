package sidecar

import (
	"fmt"
	"log/slog"
)

// Secret is text that does not print.
type Secret string

const hidden = "***"

// String hides the text.
func (Secret) String() string { return hidden }

// GoString hides the text.
func (Secret) GoString() string { return hidden }

// Format hides the text, for every verb.
func (Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, hidden) }

// LogValue hides the text.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }
