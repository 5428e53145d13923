package main

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A line has at most maxColumns characters, of which a tab counts as tabWidth.
const (
	maxColumns = 120
	tabWidth   = 4
)

// wideLines returns a violation for each line of a file that is too wide.
func wideLines(file, text string) (violations []string) {
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\r\n")
		columns := utf8.RuneCountInString(line) + strings.Count(line, "\t")*(tabWidth-1)
		if columns > maxColumns {
			violations = append(violations,
				fmt.Sprintf("%s:%d: the line has %d columns, at most %d fit", file, number, columns, maxColumns))
		}
	}
	return violations
}
