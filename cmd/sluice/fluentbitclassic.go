package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// classic reads a file of the format of fluent-bit.conf, as src/config_format/flb_cf_fluentbit.c does.
type classic struct {
	*reader
	indent  string   // of all properties of the file; "" before the first one
	current *section // nil before the first one
	output  bool     // current is an output
	group   bool     // the line is in a group within the section
}

// parseClassic collects the outputs of a file and of those that it includes.
func (r *reader) parseClassic(path, text string) error {
	c := &classic{reader: r}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if err := c.line(line, position{file: path, line: number}); err != nil {
			return fmt.Errorf("%s:%d: %w", path, number, err)
		}
	}
	c.end()
	return nil
}

// end ends the current section.
func (c *classic) end() {
	if c.output {
		c.found = append(c.found, *c.current)
	}
}

func (c *classic) line(line string, at position) error {
	const include = "@INCLUDE "
	switch {
	case line == "" || line[0] == '#':
		return nil
	case len(line) > len(include) && strings.EqualFold(line[:len(include)], include):
		return c.include(line[len(include):])
	case line[0] == '@':
		return c.command(line)
	case line[0] == '[':
		return c.header(line, at)
	}
	return c.property(line, at)
}

// include reads other files. A path is looked for in the working directory first, and then beside the first file.
func (c *classic) include(path string) error {
	beside := path
	if !filepath.IsAbs(path) {
		beside = filepath.Join(c.root, path)
	}
	if strings.Contains(path, "*") {
		return c.glob(beside, c.parseClassic)
	}
	if _, err := os.Stat(path); err == nil {
		return c.readFile(path, c.parseClassic)
	}
	return c.readFile(beside, c.parseClassic)
}

// command runs @SET. Others do nothing.
func (c *classic) command(line string) error {
	name, parameters, found := strings.Cut(line, " ")
	if !found {
		return fmt.Errorf("%s must be followed by a blank: write @SET name=value or @INCLUDE path", name)
	}
	key, value, found := strings.Cut(strings.TrimSpace(parameters), "=")
	if found && strings.EqualFold(name, "@SET") {
		c.env.assign(key, value)
	}
	return nil
}

// header begins a section. Fluent Bit takes beginnings of a name, too.
func (c *classic) header(line string, at position) error {
	name, _, found := strings.Cut(line[1:], "]")
	if !found {
		return errors.New("the section has no closing bracket: write [OUTPUT]")
	}
	c.end()
	c.current, c.group = &section{at: at}, false
	c.output = name != "" && strings.HasPrefix("outputs", strings.ToLower(name))
	return nil
}

const blanks = " \t"

// property reads an indented line.
func (c *classic) property(line string, at position) error {
	if c.indent == "" {
		if !strings.ContainsAny(line[:1], blanks) {
			return errors.New("the line is not indented: begin each property with the same blanks")
		}
		c.indent = line[:len(line)-len(strings.TrimLeft(line, blanks))]
	}
	rest, found := strings.CutPrefix(line, c.indent)
	if !found {
		return errors.New("the line is indented less than the first one of the file, or with tabs where that has " +
			"blanks: indent all alike")
	}
	deeper := len(rest) - len(strings.TrimLeft(rest, blanks))
	switch {
	case deeper == 0:
		c.group = false
	case deeper != len(c.indent):
		return errors.New("the line is indented more than the first one of the file: indent all alike")
	}
	if rest = rest[deeper:]; rest == "" || rest[0] == '#' {
		return nil
	}
	at.column = 1 + len(line) - len(rest)
	return c.pair(rest, at)
}

// pair keeps a property: a name, a blank, and a value.
func (c *classic) pair(text string, at position) error {
	name, value, found := strings.Cut(text, " ")
	value = strings.TrimSpace(value)
	switch {
	case !found && strings.Contains(text, "\t"):
		return fmt.Errorf("%q has a tab: write a blank between name and value", text)
	case !found || value == "":
		return fmt.Errorf("%s has no value: write one, or remove the line", strings.TrimSpace(name))
	case c.current == nil:
		return fmt.Errorf("%s is in no section: begin one before it, such as [OUTPUT]", name)
	case name[0] == '[':
		c.group = true
	case !c.group:
		c.current.add(strings.ToLower(strings.TrimSpace(name)), value, at)
	}
	return nil
}
