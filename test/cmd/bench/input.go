package main

import (
	"fmt"
	"path/filepath"

	"sluice/test/stack"
)

// input is what comes in: files of lines.
type input struct {
	name  string
	path  string // of the files, with wildcards
	tag   string
	json  bool // they are parsed
	lines int
	bytes int64
}

// section is the input's part of a configuration.
func (in input) section() []stack.Property {
	properties := []stack.Property{
		{Name: "name", Value: "tail"}, {Name: "tag", Value: in.tag}, {Name: "path", Value: in.path},
		{Name: "read_from_head", Value: "on"}, {Name: "exit_on_eof", Value: "on"}, {Name: "file_cache_advise", Value: "off"},
	}
	if in.json {
		properties = append(properties, stack.Property{Name: "parser", Value: "json"})
	}
	return properties
}

// sizeOfLine is about what a line of stack.Orders takes.
const sizeOfLine = 237

// prepare writes the lines that an input of a name needs.
func prepare(name, dir string, size int64) (in input, err error) {
	lines := stack.Orders(int(size / sizeOfLine))
	in = input{name: name, tag: lines.Tag, path: lines.File(dir), lines: lines.Count, json: true}
	switch name {
	case "parsed":
	case "raw":
		in.json = false
	default:
		return in, fmt.Errorf("-inputs: %q is not known: use parsed or raw", name)
	}
	in.bytes, err = lines.WriteFile(filepath.Dir(in.path))
	return in, err
}
