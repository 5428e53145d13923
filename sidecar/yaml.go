package sidecar

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// decode reads the first YAML document of a text, and returns the line of the next one, 0 if there is
// nothing but comments.
func (d *document) decode(text []byte) (next int, err error) {
	documents := yaml.NewDecoder(bytes.NewReader(text))
	if err := documents.Decode(&d.node); err != nil {
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

// yamlProblem says what is wrong without what the parser quotes, which may be a
// secret.
func yamlProblem(err error) (problem, remedy string) {
	const broken = "is neither YAML nor JSON"
	var wrong *yaml.TypeError
	switch text := err.Error(); {
	case errors.As(err, &wrong) && strings.Contains(text, "already defined"):
		return broken, "a name occurs twice in one place"
	case strings.Contains(text, "excessive aliasing"):
		return "has aliases that stand for more than is read", "write out what they stand for"
	case strings.Contains(text, "max depth"):
		return "is nested too deeply", "use fewer levels"
	case strings.Contains(text, "tab"):
		return broken, "a tab stands where YAML wants spaces"
	case strings.Contains(text, "anchor"):
		return broken, "an alias has no anchor"
	}
	return broken, "look for a missing colon or quote, and at the indentation"
}

// yamlLine finds the line in the parser's text, 0 if it does not tell.
func yamlLine(err error) int {
	_, after, found := strings.Cut(err.Error(), "line ")
	if !found {
		return 0
	}
	digits, _, _ := strings.Cut(after, ":")
	line, _ := strconv.Atoi(digits)
	return line
}
