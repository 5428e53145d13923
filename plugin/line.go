package main

import (
	"fmt"
	"strings"
	"unicode"
)

// oneLine makes one line of a text, with every control character as \xNN: tags and keys
// are in the log, and must not speak to the terminal that shows it.
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
