package main

import (
	"fmt"
	"strings"
	"unicode"
)

// oneLine returns a text in one line, with every control character as \xNN: tags and keys are
// logged, and must not control the terminal that shows the log.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if strings.IndexFunc(s, unicode.IsControl) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unicode.IsControl(r) {
			fmt.Fprintf(&b, `\x%02x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
