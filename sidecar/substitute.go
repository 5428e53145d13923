package sidecar

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

// World is what a configuration is read in.
type World struct {
	// LookupEnv finds a variable.
	LookupEnv func(name string) (value string, set bool)
	// ReadFile and ReadDir get on, whatever is there (see Disk).
	ReadFile func(ctx context.Context, path string) ([]byte, error)
	ReadDir  func(ctx context.Context, path string) ([]fs.DirEntry, error)
	// Stat describes a file; nil if permissions do not matter.
	Stat func(ctx context.Context, path string) (fs.FileInfo, error)
	// Namespace is the prefix of our variables; default CREDPROXY_, or what the
	// variable CREDPROXY_NAMESPACE says.
	Namespace string
}

// namespace is the prefix of our variables.
func (w World) namespace() string {
	if w.Namespace != "" {
		return w.Namespace
	}
	if name, set := w.LookupEnv("CREDPROXY_NAMESPACE"); set {
		return name
	}
	return "CREDPROXY_"
}

// Setting returns one of our variables, "" if it is not set.
func (w World) Setting(name string) string {
	value, _ := w.LookupEnv(w.namespace() + name)
	return value
}

// maxDepth bounds how often what was put in holds references itself.
const maxDepth = 10

// substituter puts variables and files into texts.
type substituter struct {
	ctx       context.Context
	world     World
	reference *regexp.Regexp
	env       string
	files     map[string]bool   // that were asked for
	newline   string            // the last one that ended in a newline
	ended     map[string]string // such files, by the setting that named them
	hung      error             // of the first one that hangs; the others are not waited for
}

// newSubstituter takes the tags from the environment: ${fromEnv:NAME} and
// ${fromFile:PATH} by default.
func newSubstituter(ctx context.Context, w World) *substituter {
	or := func(name, otherwise string) string {
		if value := w.Setting(name); value != "" {
			return value
		}
		return otherwise
	}
	env, file, separator := or("FROM_ENV_TAG", "fromEnv"), or("FROM_FILE_TAG", "fromFile"), or("TAG_SEPARATOR", ":")
	return &substituter{
		ctx: ctx, world: w, env: env, files: map[string]bool{}, ended: map[string]string{},
		reference: regexp.MustCompile(`\$\{(` + regexp.QuoteMeta(env) + `|` + regexp.QuoteMeta(file) + `)` + regexp.QuoteMeta(separator) + `([^}]+)\}`),
	}
}

// tree returns a copy of a tree with its texts expanded. failed is told of what
// cannot be.
func (s *substituter) tree(value any, path []string, failed func(path []string, err error)) any {
	switch in := value.(type) {
	case string:
		s.newline = ""
		text, err := s.text(in, 0)
		if err != nil {
			failed(path, err)
		}
		if s.newline != "" {
			s.ended[strings.Join(path, ".")] = s.newline
		}
		return text
	case map[string]any:
		out := make(map[string]any, len(in))
		for name, each := range in {
			out[name] = s.tree(each, append(path[:len(path):len(path)], name), failed)
		}
		return out
	case []any:
		out := make([]any, len(in))
		for i, each := range in {
			out[i] = s.tree(each, append(path[:len(path):len(path)], fmt.Sprint(i)), failed)
		}
		return out
	}
	return value
}

// text expands one text. Its errors name references, never what they stand for.
func (s *substituter) text(text string, depth int) (string, error) {
	var first error
	out := s.reference.ReplaceAllStringFunc(text, func(ref string) string {
		if first != nil {
			return ref
		}
		match := s.reference.FindStringSubmatch(ref)
		value, err := s.lookup(match[1], match[2])
		if err == nil && depth+1 >= maxDepth && s.reference.MatchString(value) {
			err = fmt.Errorf("leads to references more than %d deep", maxDepth)
		} else if err == nil {
			value, err = s.text(value, depth+1)
		}
		first = err
		return value
	})
	if first != nil {
		return text, first
	}
	return out, nil
}

func (s *substituter) lookup(tag, name string) (string, error) {
	if tag == s.env {
		value, set := s.world.LookupEnv(name)
		if !set {
			return "", fmt.Errorf("names the variable %s, which is not set", name)
		}
		return value, nil
	}
	s.files[name] = true
	if s.hung != nil {
		return "", fmt.Errorf("names the file %s, which was not read: another one hangs", name)
	}
	content, err := s.world.ReadFile(s.ctx, name)
	if errors.Is(err, errNoAnswer) {
		s.hung = err
	}
	if err != nil {
		return "", fmt.Errorf("names the file %s, which cannot be read (%w)", name, reason(err))
	}
	text := string(content)
	// The newline of a single line is none of its text; several lines stay as they
	// are.
	if line, ended := strings.CutSuffix(text, "\n"); ended && !strings.Contains(line, "\n") {
		text, s.newline = strings.TrimSuffix(line, "\r"), name
	}
	return text, nil
}

// reason takes the path off a file's error, which has been named.
func reason(err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return err
}
