package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
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

// get is a conf.Lookup: case does not matter, the first one wins, empty is not
// set (src/flb_kv.c:135).
func (s section) get(name string) (string, bool) {
	for _, p := range s.properties {
		if strings.EqualFold(p.name, name) {
			return p.value, p.value != ""
		}
	}
	return "", false
}

// ours tells whether the section is an output that this program understands.
func (s section) ours() bool {
	name, _ := s.get("name")
	return strings.EqualFold(name, "sluice") || strings.EqualFold(name, "s3")
}

// readConfiguration returns the outputs of a file that are ours.
func readConfiguration(path string, getenv func(string) string) ([]section, error) {
	r := reader{getenv: getenv, set: map[string]string{}}
	var err error
	if ext := filepath.Ext(path); ext == ".yaml" || ext == ".yml" {
		err = r.yaml(path, 0)
	} else {
		err = r.classic(path, 0)
	}
	return r.found, err
}

// reader gathers outputs from files that include each other.
type reader struct {
	getenv func(string) string
	set    map[string]string // by @SET or env
	found  []section
}

// maxIncludes bounds how deep files include each other.
const maxIncludes = 16

func (r *reader) keep(s section) {
	if s.ours() {
		r.found = append(r.found, s)
	}
}

var variable = regexp.MustCompile(`\$\{([^}]+)\}`)

// expand puts in ${VARIABLES} as Fluent Bit does: unknown ones are empty.
func (r *reader) expand(value string) string {
	return variable.ReplaceAllStringFunc(value, func(ref string) string {
		name := ref[2 : len(ref)-1]
		if v, ok := r.set[name]; ok {
			return v
		}
		return r.getenv(name)
	})
}

// classic reads the format of fluent-bit.conf.
func (r *reader) classic(path string, depth int) error {
	text, err := r.read(path, depth)
	if err != nil {
		return err
	}
	var current section
	output := false
	end := func() {
		if output {
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
			output = strings.EqualFold(line, "[OUTPUT]")
			current = section{title: fmt.Sprintf("%s:%d", path, number+1)}
		case strings.EqualFold(name, "@SET"):
			key, v, _ := strings.Cut(value, "=")
			r.set[strings.TrimSpace(key)] = r.expand(strings.TrimSpace(v))
		case strings.EqualFold(name, "@INCLUDE"):
			if err := r.include(path, value, depth, r.classic); err != nil {
				return err
			}
		default:
			current.add(name, r.expand(value))
		}
	}
	end()
	return nil
}

func (r *reader) read(path string, depth int) ([]byte, error) {
	if depth > maxIncludes {
		return nil, fmt.Errorf("%s: files include each other more than %d deep", path, maxIncludes)
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

// document is what matters of a YAML configuration.
type document struct {
	Env      map[string]string `yaml:"env"`
	Includes []string          `yaml:"includes"`
	Pipeline struct {
		Outputs []yaml.Node `yaml:"outputs"`
	} `yaml:"pipeline"`
}

// yaml reads the format of fluent-bit.yaml.
func (r *reader) yaml(path string, depth int) error {
	text, err := r.read(path, depth)
	if err != nil {
		return err
	}
	var doc document
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for name, value := range doc.Env {
		r.set[name] = value
	}
	for _, pattern := range doc.Includes {
		if err := r.include(path, pattern, depth, r.yaml); err != nil {
			return err
		}
	}
	for i := range doc.Pipeline.Outputs {
		s, err := r.yamlSection(path, &doc.Pipeline.Outputs[i])
		if err != nil {
			return err
		}
		r.keep(s)
	}
	return nil
}

func (r *reader) yamlSection(path string, node *yaml.Node) (section, error) {
	s := section{title: fmt.Sprintf("%s:%d", path, node.Line)}
	if node.Kind != yaml.MappingNode {
		return s, fmt.Errorf("%s: %w", s.title, errors.New("an output is a map of properties"))
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i], node.Content[i+1]
		if value.Kind == yaml.ScalarNode && value.Tag != "!!null" {
			s.add(name.Value, r.expand(value.Value))
		}
	}
	return s, nil
}
