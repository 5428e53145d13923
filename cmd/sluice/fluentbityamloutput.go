package main

import (
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"sluice/conf"
)

// pipeline reads the outputs of a pipeline.
func (y yamlFile) pipeline(node *yaml.Node) error {
	return y.each(node, func(key, value *yaml.Node) error {
		if !strings.EqualFold(key.Value, "outputs") {
			return nil
		}
		if value.Kind != yaml.SequenceNode {
			return y.wrong(value, "outputs must be a list: write - in front of each output's name")
		}
		for _, output := range value.Content {
			if err := y.output(output); err != nil {
				return err
			}
		}
		return nil
	})
}

// output reads an output.
func (y yamlFile) output(node *yaml.Node) error {
	if node.Kind != yaml.MappingNode {
		return y.wrong(node, "an output must be a map of properties")
	}
	s := section{at: position{file: y.path, line: node.Line}}
	err := y.each(node, func(key, value *yaml.Node) error {
		s.addYAML(key.Value, value, y.at(key))
		return nil
	})
	y.found = append(y.found, s)
	return err
}

// addYAML adds a property. A list sets it several times; routes and processors are none of the plugin's.
func (s *section) addYAML(key string, value *yaml.Node, at position) {
	name := snakeCase(key)
	switch {
	case key == "routes", key == "processors" && value.Kind == yaml.MappingNode:
	case value.Kind == yaml.ScalarNode:
		s.add(name, strings.TrimSpace(value.Value), at)
	case value.Kind == yaml.SequenceNode && key != "processors" && allScalars(value):
		for _, entry := range value.Content {
			s.add(name, entry.Value, at)
		}
	default:
		s.refused = append(s.refused, finding{at, conf.Mistake{Property: name,
			Problem: "is a map or a list, and Fluent Bit takes text: write one value"}})
	}
}

func allScalars(list *yaml.Node) bool {
	for _, entry := range list.Content {
		if entry.Kind != yaml.ScalarNode {
			return false
		}
	}
	return len(list.Content) > 0
}

// snakeCase returns a key as Fluent Bit reads it in YAML: camelCase becomes camel_case
// (src/config_format/flb_config_format.c, flb_cf_key_translate).
func snakeCase(key string) string {
	if key == "" || key[0] < 'a' || key[0] > 'z' {
		return key
	}
	if strings.Contains(key, "_") {
		return strings.ToLower(key)
	}
	var out strings.Builder
	for _, c := range key {
		if unicode.IsUpper(c) {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(c))
	}
	return out.String()
}
