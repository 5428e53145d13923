package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// file is a configuration file as it was written, in YAML, of which JSON is a
// subset.
type file struct {
	name string
	root any       // of maps, lists, strings, booleans, json.Number and nil
	node yaml.Node // the same with line numbers

	wrapped int // how many steps of root's paths are missing in node
}

// parseFile parses a file's text.
func parseFile(name string, text []byte) (*file, error) {
	f := &file{name: name}
	var value any
	second, err := f.decode(text)
	if err == nil {
		err = f.node.Decode(&value)
	}
	if err != nil {
		problem, remedy := explainYAML(err)
		return nil, Mistakes{{
			File:    name,
			Line:    lineOfYAML(err),
			Problem: problem,
			Remedy:  remedy,
		}}
	}
	if second > 0 {
		return nil, Mistakes{{
			File:    name,
			Line:    second,
			Problem: "starts a second YAML document",
			Remedy:  "keep one, and remove the line ---",
		}}
	}
	// Through JSON, so that there is one kind of number and no time.
	plain, err := json.Marshal(value)
	if err != nil {
		return nil, Mistakes{{
			File:    name,
			Problem: "cannot be used",
			Remedy:  "write names as text and numbers as finite ones",
		}}
	}
	numbers := json.NewDecoder(bytes.NewReader(plain))
	numbers.UseNumber()
	if err := numbers.Decode(&f.root); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if _, ok := f.root.(map[string]any); !ok {
		return nil, Mistakes{{File: name, Problem: "has no settings", Remedy: "write settings as name: value"}}
	}
	return f, nil
}

// line returns the line of a setting, or of what encloses it.
func (f *file) line(path []string) int {
	node := &f.node
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	line := node.Line
	for _, step := range path[min(f.wrapped, len(path)):] {
		next, at := child(node, step)
		if next == nil {
			break
		}
		node, line = next, at
	}
	return line
}

// child returns a setting within another, and the line of its name.
func child(node *yaml.Node, step string) (*yaml.Node, int) {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i+1], node.Content[i].Line
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i < len(node.Content) {
			return node.Content[i], node.Content[i].Line
		}
	}
	return nil, 0
}

// value returns a setting as it was written, nil if it was not.
func (f *file) value(path []string) any {
	value := f.root
	for _, step := range path {
		switch in := value.(type) {
		case map[string]any:
			value = in[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(in) {
				return nil
			}
			value = in[i]
		default:
			return nil
		}
	}
	return value
}

// quote quotes a setting as it was written, "" if it is not a single value.
func (f *file) quote(path []string) string {
	switch value := f.value(path).(type) {
	case string:
		return strconv.Quote(value)
	case json.Number:
		return value.String()
	case bool:
		return strconv.FormatBool(value)
	}
	return ""
}

// mistake makes a Mistake without a value.
func (f *file) mistake(path []string, problem, remedy string) Mistake {
	return Mistake{
		File:    f.name,
		Line:    f.line(path),
		Path:    path,
		Problem: problem,
		Remedy:  remedy,
	}
}
