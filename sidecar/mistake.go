package sidecar

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
	Line    int      // 0 if it is not known
	Path    []string // of the setting; nil for the whole file
	Value   string   // as it was written; "" if there is none, or if it is secret
	Problem string
	Remedy  string
}

func (m Mistake) String() string {
	where := m.File
	if m.Line > 0 {
		where += ":" + strconv.Itoa(m.Line)
	}
	parts := []string{}
	if place := m.place(); place != "" {
		parts = append(parts, place)
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

// place names the setting.
func (m Mistake) place() string { return strings.Join(m.Path, ".") }

// Mistakes are all that is wrong with a configuration, one a line.
type Mistakes []Mistake

func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i := range m {
		lines[i] = m[i].String()
	}
	return strings.Join(lines, "\n")
}

// sorted returns them in the order of the file, each once.
func (m Mistakes) sorted() Mistakes {
	slices.SortStableFunc(m, func(a, b Mistake) int {
		return cmp.Or(a.Line-b.Line, strings.Compare(a.place(), b.place()))
	})
	return slices.CompactFunc(m, func(a, b Mistake) bool { return a.String() == b.String() })
}

// and adds mistakes whose places are not among these: one is enough for each.
func (m Mistakes) and(more Mistakes) Mistakes {
	known := map[string]bool{}
	for _, each := range m {
		known[each.place()] = true
	}
	for _, each := range more {
		if each.place() == "" || !known[each.place()] {
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
