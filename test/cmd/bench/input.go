package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"sluice/test/testenv"
)

// input is what comes in: lines in files, or in messages.
type input struct {
	name    string
	tag     string
	path    string // of the files, with wildcards
	parsed  bool   // by the json parser
	lines   testenv.Lines
	size    int64         // of the lines or messages, in bytes
	tags    int           // that messages have
	socket  string        // that messages go to; "" for files
	pace    time.Duration // how long the lines take to come in while Fluent Bit runs; 0 if they are there before
	outputs string        // that it goes to by default
}

// What inputs go to by default, so that a whole run ends within half an hour.
const (
	allOutputs = "null,s3:none,s3:gzip,s3:zstd,s3:snappy," +
		"sluice:none,sluice:gzip,sluice:gzip@1,sluice:gzip:1,sluice:zstd,sluice:snappy"
	someOutputs = "null,s3:gzip,s3:zstd,sluice:gzip,sluice:gzip@1,sluice:gzip:1,sluice:zstd"
	gzipOutputs = "null,s3:gzip,sluice:gzip"
	tenOutputs  = "null,sluice:gzip,null*10,sluice:gzip*10"
)

// names replaces the name of a family of inputs by theirs.
func names(list string) []string {
	list = "," + list + ","
	list = strings.Replace(list, ",tags,", ",tags:1,tags:10,tags:100,tags:1000,tags:10000,", 1)
	list = strings.Replace(list, ",turns,", ",turns:1,turns:10000,", 1)
	return strings.Split(strings.Trim(list, ","), ",")
}

// input makes the input of a name, with its files in dir. Tags have a fifth of the bytes, and ten a tenth, as
// there is more to do with each byte; turns have ten times as many, so that each of many tags has some.
func (s settings) input(name, dir string) (input, error) {
	kind, number, _ := strings.Cut(name, ":")
	switch {
	case kind == "tags" || kind == "turns":
		tags, err := strconv.Atoi(number)
		if err != nil || tags < 1 || tags > turnsMessages {
			return input{}, fmt.Errorf("-inputs: %q wants a number of tags from 1 to %d", name, turnsMessages)
		}
		if kind == "turns" {
			return s.prepareTurns(name, dir, tags)
		}
		return prepareTags(name, dir, s.size/5, tags)
	case name == "parsed":
		return input{name: name, parsed: true, outputs: allOutputs}.fill(dir, s.size)
	case name == "raw":
		return input{name: name, outputs: someOutputs}.fill(dir, s.size)
	case name == "ten":
		return input{name: name, parsed: true, outputs: tenOutputs}.fill(dir, s.size/10)
	case name == "tiny":
		return s.prepareTiny(dir)
	}
	return input{}, fmt.Errorf("-inputs: %q is not known: use parsed, raw, tags, tags:NUMBER, turns, "+
		"turns:NUMBER, tiny and ten", name)
}

// sizeOfLine is what a line of testenv.Orders takes, on average.
const sizeOfLine = 248

// fill writes an input's only file, unless another input has the same.
func (in input) fill(dir string, size int64) (input, error) {
	in.lines = testenv.Orders(int(size / sizeOfLine))
	in.tag = in.lines.Tag
	dir = filepath.Join(dir, fmt.Sprintf("%d-lines", in.lines.Count))
	in.path = in.lines.File(dir)
	info, err := os.Stat(in.path)
	if err == nil {
		in.size = info.Size()
		return in, nil
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return in, err
	}
	in.size, err = in.lines.WriteFile(dir)
	return in, err
}

// prepareTags spreads lines evenly over files, each of which has a tag.
func prepareTags(name, dir string, size int64, tags int) (input, error) {
	dir = filepath.Join(dir, fmt.Sprintf("%d-tags", tags))
	in := input{name: name, tag: "t.*", path: filepath.Join(dir, "*"), parsed: true, outputs: gzipOutputs,
		lines: testenv.Orders(int(size / sizeOfLine))}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return in, err
	}
	var text bytes.Buffer
	for n := range tags {
		text.Reset()
		if err := in.lines.Write(&text, in.lines.Count*n/tags, in.lines.Count*(n+1)/tags); err != nil {
			return in, err
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%05d", n)), text.Bytes(), 0o644); err != nil {
			return in, err
		}
		in.size += int64(text.Len())
	}
	return in, nil
}

// section is the input's part of a configuration.
func (in input) section() []testenv.Property {
	if in.socket != "" {
		return []testenv.Property{{Name: "name", Value: "forward"}, {Name: "unix_path", Value: in.socket}}
	}
	properties := []testenv.Property{
		{Name: "name", Value: "tail"}, {Name: "tag", Value: in.tag}, {Name: "path", Value: in.path},
		{Name: "read_from_head", Value: "on"}, {Name: "file_cache_advise", Value: "off"},
	}
	if in.parsed {
		properties = append(properties, testenv.Property{Name: "parser", Value: "json"})
	}
	if in.pace == 0 {
		properties = append(properties, testenv.Property{Name: "exit_on_eof", Value: "on"})
	}
	return properties
}
