package config

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// decode reads the first YAML document of a text. It returns the line at which a
// second one starts, 0 if only comments follow.
func (f *file) decode(text []byte) (second int, err error) {
	documents := yaml.NewDecoder(bytes.NewReader(text))
	if err := documents.Decode(&f.node); err != nil {
		if err == io.EOF {
			return 0, nil
		}
		return 0, err
	}
	for {
		var other yaml.Node
		err := documents.Decode(&other)
		if err == io.EOF {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		if content := other.Content; len(content) > 0 && content[0].Tag != "!!null" {
			return content[0].Line, nil
		}
	}
}

// explainYAML explains the parser's error without its text, which may quote a
// secret.
func explainYAML(err error) (problem, remedy string) {
	const broken = "is neither YAML nor JSON"
	var wrong *yaml.TypeError
	switch text := err.Error(); {
	case errors.As(err, &wrong) && strings.Contains(text, "already defined"):
		return broken, "keep one of the settings of the same name"
	case strings.Contains(text, "excessive aliasing"):
		return "has aliases that stand for too much", "write out what they stand for"
	case strings.Contains(text, "max depth"):
		return "is nested too deeply", "use fewer levels"
	case strings.Contains(text, "tab"):
		return broken, "replace tabs by spaces"
	case strings.Contains(text, "anchor"):
		return broken, "define the anchor that an alias names"
	}
	return broken, "look for a missing colon or quote, and check the indentation"
}

// lineOfYAML finds the line number in the parser's text, 0 if there is none.
func lineOfYAML(err error) int {
	_, after, found := strings.Cut(err.Error(), "line ")
	if !found {
		return 0
	}
	digits, _, _ := strings.Cut(after, ":")
	line, _ := strconv.Atoi(digits)
	return line
}
