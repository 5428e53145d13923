package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// parseYAML collects the outputs of a file of the format of fluent-bit.yaml and of those that it includes, as
// src/config_format/flb_cf_yaml.c does.
func (r *reader) parseYAML(path, text string) error {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	y := yamlFile{r, path}
	if alias := findAlias(&doc); alias != nil {
		return y.wrong(alias, "Fluent Bit takes no aliases: write the value out")
	}
	if len(doc.Content) == 0 {
		return nil
	}
	return y.each(doc.Content[0], func(key, value *yaml.Node) error {
		switch strings.ToLower(key.Value) {
		case "env":
			return y.env(value)
		case "includes":
			return y.includes(value)
		case "pipeline":
			return y.pipeline(value)
		}
		return nil
	})
}

// yamlFile is a file that is being read.
type yamlFile struct {
	*reader
	path string
}

func (y yamlFile) at(n *yaml.Node) position { return position{y.path, n.Line, n.Column} }

func (y yamlFile) wrong(n *yaml.Node, problem string) error {
	return fmt.Errorf("%s:%d: %w", y.path, n.Line, errors.New(problem))
}

// each calls f for each entry of a map.
func (y yamlFile) each(node *yaml.Node, f func(key, value *yaml.Node) error) error {
	if node.Kind != yaml.MappingNode {
		return y.wrong(node, "a map is missing here: write name: value")
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if err := f(node.Content[i], node.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// findAlias returns the first alias in a node, or nil.
func findAlias(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node
	}
	for _, n := range node.Content {
		if found := findAlias(n); found != nil {
			return found
		}
	}
	return nil
}

// env sets variables: a map of them, or a list of maps with a name and a value or uri.
func (y yamlFile) env(node *yaml.Node) error {
	if node.Kind == yaml.MappingNode {
		return y.each(node, func(key, value *yaml.Node) error {
			y.reader.env.assign(key.Value, value.Value)
			return nil
		})
	}
	for _, entry := range node.Content {
		set := map[string]string{}
		err := y.each(entry, func(key, value *yaml.Node) error {
			switch key.Value {
			case "name":
				set["name"] = value.Value
			case "value", "uri":
				set["value"] = value.Value
			case "refresh_interval":
			default:
				set["name"], set["value"] = key.Value, value.Value
			}
			return nil
		})
		if err != nil {
			return err
		}
		y.reader.env.assign(set["name"], set["value"])
	}
	return nil
}

// includes reads other files, beside this one. Fluent Bit only warns of a pattern that no file matches.
func (y yamlFile) includes(node *yaml.Node) error {
	if node.Kind != yaml.SequenceNode {
		return y.wrong(node, "includes must be a list: write - in front of each path")
	}
	for _, entry := range node.Content {
		path := entry.Value
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(y.path), path)
		}
		read := y.readFile
		if strings.Contains(path, "*") {
			read = y.glob
		}
		if err := read(path, y.parseYAML); err != nil && !errors.Is(err, errNoMatch) {
			return fmt.Errorf("%s:%d: %w", y.path, entry.Line, err)
		}
	}
	return nil
}
