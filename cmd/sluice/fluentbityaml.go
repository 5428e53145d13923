package main

import (
	"errors"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// yamlConfiguration is the part of a YAML configuration that matters here.
type yamlConfiguration struct {
	Env      map[string]string `yaml:"env"`
	Includes []string          `yaml:"includes"`
	Pipeline struct {
		Outputs []yaml.Node `yaml:"outputs"`
	} `yaml:"pipeline"`
}

// readYAML reads the format of fluent-bit.yaml.
func (r *reader) readYAML(path string, depth int) error {
	text, err := r.read(path, depth)
	if err != nil {
		return err
	}
	var doc yamlConfiguration
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for name, value := range doc.Env {
		r.set[name] = value
	}
	for _, pattern := range doc.Includes {
		if err := r.include(path, pattern, depth, r.readYAML); err != nil {
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

// yamlSection reads an output.
func (r *reader) yamlSection(path string, node *yaml.Node) (section, error) {
	s := section{title: fmt.Sprintf("%s:%d", path, node.Line)}
	if node.Kind != yaml.MappingNode {
		return s, fmt.Errorf("%s: %w", s.title, errors.New("an output must be a map of properties"))
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i], node.Content[i+1]
		if value.Kind == yaml.ScalarNode && value.Tag != "!!null" {
			s.add(name.Value, r.expand(value.Value))
		}
	}
	return s, nil
}
