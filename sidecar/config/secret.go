package config

import (
	"fmt"
	"log/slog"
)

// Secret is text that cannot be printed by accident. Convert it to string to use
// it.
type Secret string

const redacted = "***"

// String returns asterisks.
func (Secret) String() string { return redacted }

// GoString returns asterisks.
func (Secret) GoString() string { return redacted }

// Format writes asterisks, whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// LogValue returns asterisks.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
