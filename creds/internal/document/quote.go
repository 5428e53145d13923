package document

import (
	"fmt"
	"strconv"
	"strings"

	"sluice/creds/internal/redact"
)

// maxTime is longer than any time of RFC 3339 that is written in practice.
const maxTime = 40

// quoteTime quotes what looks like a time. Anything else may be a key in the wrong field.
func quoteTime(text string) string {
	if len(text) > maxTime || strings.Trim(text, "0123456789TZtz:.,+-/ ") != "" {
		return fmt.Sprintf("of %d bytes", len(text))
	}
	return strconv.Quote(text)
}

// quoteCode quotes what looks like an error code.
func quoteCode(code string) string {
	if safe := redact.Code(code); safe != "" {
		return strconv.Quote(safe)
	}
	return fmt.Sprintf("of %d bytes", len(code))
}
