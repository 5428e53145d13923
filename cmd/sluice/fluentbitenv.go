package main

import (
	"os"
	"strings"
)

// environment is where Fluent Bit finds variables.
type environment struct {
	getenv func(string) string
	set    map[string]string // by @SET or env
}

// assign sets a variable. A value file://PATH is the file's content (src/flb_env.c); if there is none, the variable
// is not set.
func (e environment) assign(name, value string) {
	if path, isFile := strings.CutPrefix(value, "file://"); isFile && path != "" {
		text, err := os.ReadFile(path)
		if value = strings.TrimSuffix(string(text), "\n"); err != nil || value == "" {
			return
		}
	}
	e.set[name] = value
}

// find returns a variable, and whether it is set. One of the process that is empty is not.
func (e environment) find(name string) (string, bool) {
	if value, set := e.set[name]; set {
		return value, true
	}
	value := e.getenv(name)
	if value == "" && name == "HOSTNAME" {
		value, _ = os.Hostname()
	}
	return value, value != ""
}

// expand replaces ${NAME} and ${NAME:-default} as Fluent Bit does (src/flb_env.c, flb_env_var_translate), and returns
// the variables that are not set, which are empty there.
func (e environment) expand(value string) (text string, unset []string) {
	var out strings.Builder
	for {
		start, end := strings.Index(value, "${"), strings.Index(value, "}")
		if start < 0 || end < start+len("${")+1 {
			out.WriteString(value)
			return out.String(), unset
		}
		out.WriteString(value[:start])
		name, fallback, hasFallback := strings.Cut(value[start+len("${"):end], ":-")
		found, set := e.find(name)
		switch {
		case set && (found != "" || !hasFallback):
			out.WriteString(found)
		case hasFallback:
			out.WriteString(fallback)
		default:
			unset = append(unset, name)
		}
		value = value[end+1:]
	}
}
