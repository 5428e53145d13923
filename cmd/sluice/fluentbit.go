package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// reader collects the outputs of files that include each other.
type reader struct {
	root  string // folder of the first file
	env   environment
	seen  []os.FileInfo // the files that were read
	found []section
}

// readConfiguration returns the outputs of a Fluent Bit configuration that are ours. "-" is standard input.
func readConfiguration(path string, stdin io.Reader, getenv func(string) string) ([]section, error) {
	r := reader{env: environment{getenv: getenv, set: map[string]string{}}}
	var err error
	switch ext := strings.ToLower(filepath.Ext(path)); {
	case path == "-":
		err = r.readStdin(stdin)
	case ext == ".yaml" || ext == ".yml":
		err = r.readFile(path, r.parseYAML)
	default:
		if r.root, err = folderOf(path); err == nil {
			err = r.readFile(path, r.parseClassic)
		}
	}
	if err != nil {
		return nil, err
	}
	return r.ours(), nil
}

// folderOf returns the folder of a file, behind links.
func folderOf(path string) (string, error) {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	path, err = filepath.Abs(path)
	return filepath.Dir(path), err
}

// readStdin reads either format: a classic file begins with a section or a command.
func (r *reader) readStdin(stdin io.Reader) error {
	text, err := io.ReadAll(stdin)
	if err != nil {
		return fmt.Errorf("read standard input: %w", err)
	}
	const name = "standard input"
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			if line[0] == '[' || line[0] == '@' {
				return r.parseClassic(name, string(text))
			}
			break
		}
	}
	return r.parseYAML(name, string(text))
}

// readFile reads a file, which Fluent Bit takes only once.
func (r *reader) readFile(path string, parse func(path, text string) error) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	for _, before := range r.seen {
		if os.SameFile(before, info) {
			return fmt.Errorf("%s is included twice: Fluent Bit takes a file only once", path)
		}
	}
	r.seen = append(r.seen, info)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return parse(path, string(text))
}

// errNoMatch means that no file matches a pattern.
var errNoMatch = errors.New("no file matches")

// glob reads the files that match a pattern.
func (r *reader) glob(pattern string, parse func(path, text string) error) error {
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		return fmt.Errorf("%w %s", errNoMatch, pattern)
	}
	for _, path := range paths {
		if err := r.readFile(path, parse); err != nil {
			return err
		}
	}
	return nil
}

// ours returns the sections that are ours, with variables replaced. Fluent Bit, too, does that when it has read all
// files (src/flb_config.c, flb_config_load_config_format).
func (r *reader) ours() (ours []section) {
	for _, s := range r.found {
		for i := range s.properties {
			p := &s.properties[i]
			p.value, p.unset = r.env.expand(p.value)
		}
		if s.isOurs() {
			s.refused = append(s.refused, s.doubled()...)
			ours = append(ours, s)
		}
	}
	refuseTwins(ours)
	return ours
}
