package sidecar

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// document is a configuration file as it was written: YAML, of which JSON is a
// part.
type document struct {
	file string
	root any       // maps, lists, texts, json.Number and so on
	node yaml.Node // the same with line numbers

	wrapped int // steps of root's paths that node does not have
}

// readDocument parses a file's text.
func readDocument(file string, text []byte) (*document, error) {
	d := &document{file: file}
	var value any
	more, err := d.decode(text)
	if err == nil {
		err = d.node.Decode(&value)
	}
	if err != nil {
		problem, remedy := yamlProblem(err)
		return nil, Mistakes{{File: file, Line: yamlLine(err), Problem: problem, Remedy: remedy}}
	}
	if more > 0 {
		return nil, Mistakes{{File: file, Line: more, Problem: "is a second YAML document", Remedy: "leave one, without a line --- before another"}}
	}
	// Through JSON, so that there is one kind of number and no time.
	plain, err := json.Marshal(value)
	if err != nil {
		return nil, Mistakes{{File: file, Problem: "cannot be used", Remedy: "write names as text and numbers as finite ones"}}
	}
	numbers := json.NewDecoder(bytes.NewReader(plain))
	numbers.UseNumber()
	if err := numbers.Decode(&d.root); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if _, ok := d.root.(map[string]any); !ok {
		return nil, Mistakes{{File: file, Problem: "holds no settings", Remedy: "write settings as name: value"}}
	}
	return d, nil
}

// line returns where a setting stands, or what encloses it.
func (d *document) line(path []string) int {
	node := &d.node
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	line := node.Line
	for _, step := range path[min(d.wrapped, len(path)):] {
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

// at returns the value of a setting as it was written, nil if it was not.
func (d *document) at(path []string) any {
	value := d.root
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

// written quotes a value as it was written, "" if it is not one that fits a line.
func (d *document) written(path []string) string {
	switch value := d.at(path).(type) {
	case string:
		return strconv.Quote(value)
	case json.Number:
		return value.String()
	case bool:
		return strconv.FormatBool(value)
	}
	return ""
}
