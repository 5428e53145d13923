package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Mistake is one thing that is wrong with a configuration.
type Mistake struct {
	File    string
	Line    int      // 0 if unknown
	Path    []string // of the setting; nil for the whole file
	Value   string   // as it was written; "" if there is none or it is secret
	Problem string   // continues a sentence that begins with the setting
	Remedy  string   // what to do; may be ""
}

// String returns "FILE:LINE: SETTING VALUE PROBLEM: REMEDY".
func (m Mistake) String() string {
	where := m.File
	if m.Line > 0 {
		where += ":" + strconv.Itoa(m.Line)
	}
	parts := []string{}
	if setting := m.setting(); setting != "" {
		parts = append(parts, setting)
	}
	if m.Value != "" {
		parts = append(parts, m.Value)
	}
	text := fmt.Sprintf("%s: %s", where, strings.Join(append(parts, m.Problem), " "))
	if m.Remedy != "" {
		text += ": " + m.Remedy
	}
	return text
}

// setting names the setting.
func (m Mistake) setting() string { return strings.Join(m.Path, ".") }

// Mistakes is everything that is wrong with a configuration.
type Mistakes []Mistake

// Error returns the mistakes, one a line.
func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i := range m {
		lines[i] = m[i].String()
	}
	return strings.Join(lines, "\n")
}

// sorted returns the mistakes in the order of the file, each once.
func (m Mistakes) sorted() Mistakes {
	slices.SortStableFunc(m, func(a, b Mistake) int {
		return cmp.Or(a.Line-b.Line, strings.Compare(a.setting(), b.setting()))
	})
	return slices.CompactFunc(m, func(a, b Mistake) bool { return a.String() == b.String() })
}

// merge adds the mistakes of settings that have none yet: one for each is enough.
func (m Mistakes) merge(more Mistakes) Mistakes {
	known := map[string]bool{}
	for _, each := range m {
		known[each.setting()] = true
	}
	for _, each := range more {
		if each.setting() == "" || !known[each.setting()] {
			m = append(m, each)
		}
	}
	return m
}

// orNil returns the mistakes as an error, nil if there are none.
func (m Mistakes) orNil() error {
	if len(m) == 0 {
		return nil
	}
	return m.sorted()
}
