package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// section is an output of a Fluent Bit configuration.
type section struct {
	title      string
	properties []property
}

type property struct{ name, value string }

func (s *section) add(name, value string) {
	s.properties = append(s.properties, property{name, value})
}

// get is a conf.Lookup. As in Fluent Bit, case does not matter, the first one
// wins, and an empty value counts as not set (src/flb_kv.c:135).
func (s section) get(name string) (string, bool) {
	for _, p := range s.properties {
		if strings.EqualFold(p.name, name) {
			return p.value, p.value != ""
		}
	}
	return "", false
}

// isOurs reports whether the section is an output that this program understands.
func (s section) isOurs() bool {
	name, _ := s.get("name")
	return strings.EqualFold(name, "sluice") || strings.EqualFold(name, "s3")
}

// readConfiguration returns the outputs of a Fluent Bit configuration that are ours.
func readConfiguration(path string, getenv func(string) string) ([]section, error) {
	r := reader{getenv: getenv, set: map[string]string{}}
	var err error
	if ext := filepath.Ext(path); ext == ".yaml" || ext == ".yml" {
		err = r.readYAML(path, 0)
	} else {
		err = r.readClassic(path, 0)
	}
	return r.found, err
}

// reader collects the outputs of files that include each other.
type reader struct {
	getenv func(string) string
	set    map[string]string // variables of @SET or env
	found  []section
}

// maxIncludes bounds how deeply files include each other.
const maxIncludes = 16

// keep keeps a section that is ours.
func (r *reader) keep(s section) {
	if s.isOurs() {
		r.found = append(r.found, s)
	}
}

// variable matches ${NAME}.
var variable = regexp.MustCompile(`\$\{([^}]+)\}`)

// expand replaces variables as Fluent Bit does: unknown ones are empty.
func (r *reader) expand(value string) string {
	return variable.ReplaceAllStringFunc(value, func(ref string) string {
		name := ref[2 : len(ref)-1]
		if v, ok := r.set[name]; ok {
			return v
		}
		return r.getenv(name)
	})
}

// readClassic reads the format of fluent-bit.conf.
func (r *reader) readClassic(path string, depth int) error {
	text, err := r.read(path, depth)
	if err != nil {
		return err
	}
	var current section
	isOutput := false
	end := func() {
		if isOutput {
			r.keep(current)
		}
	}
	for number, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		name, value, _ := strings.Cut(strings.ReplaceAll(line, "\t", " "), " ")
		value = strings.TrimSpace(value)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			end()
			isOutput = strings.EqualFold(line, "[OUTPUT]")
			current = section{title: fmt.Sprintf("%s:%d", path, number+1)}
		case strings.EqualFold(name, "@SET"):
			key, v, _ := strings.Cut(value, "=")
			r.set[strings.TrimSpace(key)] = r.expand(strings.TrimSpace(v))
		case strings.EqualFold(name, "@INCLUDE"):
			if err := r.include(path, value, depth, r.readClassic); err != nil {
				return err
			}
		default:
			current.add(name, r.expand(value))
		}
	}
	end()
	return nil
}

// read reads a file that is included so many levels deep.
func (r *reader) read(path string, depth int) ([]byte, error) {
	if depth > maxIncludes {
		return nil, fmt.Errorf("%s: files include each other more than %d levels deep", path, maxIncludes)
	}
	return os.ReadFile(path)
}

// include reads the files of a pattern, relative to the including file.
func (r *reader) include(from, pattern string, depth int, read func(string, int) error) error {
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(filepath.Dir(from), pattern)
	}
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		return fmt.Errorf("%s: no file matches %s", from, pattern)
	}
	for _, p := range paths {
		if err := read(p, depth+1); err != nil {
			return err
		}
	}
	return nil
}
