package main

import (
	"fmt"
	"strings"

	"sluice/conf"
)

// section is an output of a Fluent Bit configuration.
type section struct {
	at         position
	properties []property
	refused    []finding // what Fluent Bit does not take
}

// property is a setting as it is in force; unset are the variables in it that are not set.
type property struct {
	name, value string
	at          position
	unset       []string
}

// position is a place in a file. A line or column of 0 is not known.
type position struct {
	file         string
	line, column int
}

// String returns the position as compilers write it.
func (p position) String() string {
	text := p.file
	for _, n := range []int{p.line, p.column} {
		if n > 0 {
			text += fmt.Sprintf(":%d", n)
		}
	}
	return text
}

func (s *section) add(name, value string, at position) {
	s.properties = append(s.properties, property{name: name, value: value, at: at})
}

// get is a conf.Lookup. As in Fluent Bit, case does not matter, the first one wins, and an empty value counts as not
// set (src/flb_kv.c:135).
func (s section) get(name string) (string, bool) {
	for _, p := range s.properties {
		if strings.EqualFold(p.name, name) {
			return p.value, p.value != ""
		}
	}
	return "", false
}

// last is get for the settings that Fluent Bit keeps to itself, of which the last one wins.
func (s section) last(name string) (value string, set bool) {
	for _, p := range s.properties {
		if strings.EqualFold(p.name, name) {
			value, set = p.value, p.value != ""
		}
	}
	return value, set
}

// isOurs reports whether the section is an output that this program understands.
func (s section) isOurs() bool {
	name, _ := s.get("name")
	return strings.EqualFold(name, "sluice") || strings.EqualFold(name, "s3")
}

// doubled returns the properties that are set twice, which Fluent Bit refuses (src/flb_config_map.c:555, v5.1.1).
func (s section) doubled() (found []finding) {
	first := map[string]position{}
	for _, p := range s.properties {
		if conf.LastWins(p.name) {
			continue
		}
		before, twice := first[p.name]
		if !twice {
			first[p.name] = p.at
			continue
		}
		where := ""
		if before.line > 0 {
			where = fmt.Sprintf(", first in line %d", before.line)
		}
		found = append(found, finding{p.at, conf.Mistake{Property: p.name,
			Problem: "is set twice" + where + ": remove one of them"}})
	}
	return found
}
