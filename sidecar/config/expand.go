package config

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"sluice/internal/slowfs"
)

// maxDepth bounds how deep references lead to other references.
const maxDepth = 10

// expander replaces references in texts by variables and by the content of files.
type expander struct {
	ctx       context.Context
	env       Environment
	reference *regexp.Regexp
	files     map[string]bool   // that references name
	newline   string            // the last file that ended in a newline
	newlines  map[string]string // such files, by the setting that names them
	hung      bool              // a file hangs; no other is waited for
}

// newExpander takes the form of references from the environment. The default is
// ${fromEnv:NAME} and ${fromFile:PATH}.
func newExpander(ctx context.Context, env Environment) *expander {
	setting := func(name, standard string) string {
		if value := env.Setting(name); value != "" {
			return regexp.QuoteMeta(value)
		}
		return standard
	}
	envTag, fileTag := setting("FROM_ENV_TAG", "fromEnv"), setting("FROM_FILE_TAG", "fromFile")
	pattern := `\$\{(?:(` + envTag + `)|` + fileTag + `)` + setting("TAG_SEPARATOR", ":") + `([^}]+)\}`
	return &expander{
		ctx:       ctx,
		env:       env,
		reference: regexp.MustCompile(pattern),
		files:     map[string]bool{},
		newlines:  map[string]string{},
	}
}

// tree returns a copy of a tree with its texts expanded. onError is called with
// the path of each text that cannot be.
func (e *expander) tree(value any, path []string, onError func(path []string, err error)) any {
	switch in := value.(type) {
	case string:
		e.newline = ""
		text, err := e.text(in, 0)
		if err != nil {
			onError(path, err)
		}
		if e.newline != "" {
			e.newlines[strings.Join(path, ".")] = e.newline
		}
		return text
	case map[string]any:
		out := make(map[string]any, len(in))
		for name, each := range in {
			out[name] = e.tree(each, append(path[:len(path):len(path)], name), onError)
		}
		return out
	case []any:
		out := make([]any, len(in))
		for i, each := range in {
			out[i] = e.tree(each, append(path[:len(path):len(path)], fmt.Sprint(i)), onError)
		}
		return out
	}
	return value
}

// text expands one text. Its errors name references, never what they stand for.
func (e *expander) text(text string, depth int) (string, error) {
	var first error
	out := e.reference.ReplaceAllStringFunc(text, func(ref string) string {
		if first != nil {
			return ref
		}
		value, err := e.lookup(ref)
		if err == nil && depth+1 >= maxDepth && e.reference.MatchString(value) {
			err = fmt.Errorf("leads to references more than %d deep", maxDepth)
		} else if err == nil {
			value, err = e.text(value, depth+1)
		}
		first = err
		return value
	})
	if first != nil {
		return text, first
	}
	return out, nil
}

// lookup returns what a reference stands for.
func (e *expander) lookup(ref string) (string, error) {
	match := e.reference.FindStringSubmatch(ref)
	isEnv, name := match[1] != "", match[2]
	if isEnv {
		value, set := e.env.LookupEnv(name)
		if !set {
			return "", fmt.Errorf("names the variable %s, which is not set", name)
		}
		return value, nil
	}
	return e.readFile(name)
}

// readFile returns a file's content. A single line loses its newline; several
// lines stay as they are.
func (e *expander) readFile(path string) (string, error) {
	e.files[path] = true
	if e.hung {
		return "", fmt.Errorf("names the file %s, which was not read because another one hangs", path)
	}
	content, err := e.env.ReadFile(e.ctx, path)
	e.hung = errors.Is(err, slowfs.ErrNoAnswer)
	if err != nil {
		return "", fmt.Errorf("names the file %s, which cannot be read (%w)", path, rootCause(err))
	}
	text := string(content)
	if line, ended := strings.CutSuffix(text, "\n"); ended && !strings.Contains(line, "\n") {
		text, e.newline = strings.TrimSuffix(line, "\r"), path
	}
	return text, nil
}

// rootCause returns the innermost error: the others repeat the path.
func rootCause(err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return err
}
