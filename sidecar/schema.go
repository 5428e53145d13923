package sidecar

import (
	"bytes"
	_ "embed" // schema.json
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemaText is what is valid, with defaults and remedies. All that is said of
// the configuration's form comes from it.
//
//go:embed schema.json
var schemaText []byte

const schemaURL = "https://sluice.invalid/serve.json"

// schema is the parsed schema: for checks, and as a tree.
type schema struct {
	checks *jsonschema.Schema
	root   map[string]any
}

// loadSchema compiles the schema, once: that takes longer than to check a file by it.
var loadSchema = sync.OnceValues(func() (*schema, error) {
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemaText))
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(schemaURL, tree); err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	checks, err := compiler.Compile(schemaURL)
	if err != nil {
		return nil, fmt.Errorf("compile the schema: %w", err)
	}
	return &schema{checks, tree.(map[string]any)}, nil
})

// Schema returns the JSON Schema of the configuration for editors. In a file a
// reference may stand wherever a text may, so patterns let references pass.
func Schema() ([]byte, error) {
	var root any
	if err := json.Unmarshal(schemaText, &root); err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	allowReferences(root)
	return json.MarshalIndent(root, "", "  ")
}

func allowReferences(value any) {
	switch in := value.(type) {
	case map[string]any:
		if pattern, ok := in["pattern"].(string); ok {
			in["pattern"] = `\$\{|` + pattern
		}
		for _, each := range in {
			allowReferences(each)
		}
	case []any:
		for _, each := range in {
			allowReferences(each)
		}
	}
}

// at returns the part of the schema that an error names.
func (s *schema) at(location string) map[string]any {
	_, pointer, _ := strings.Cut(location, "#")
	var value any = s.root
	for _, step := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		if plain, err := url.PathUnescape(step); err == nil {
			step = strings.NewReplacer("~1", "/", "~0", "~").Replace(plain)
		}
		switch in := value.(type) {
		case map[string]any:
			if step != "" {
				value = in[step]
			}
		case []any:
			if i, err := strconv.Atoi(step); err == nil && i < len(in) {
				value = in[i]
			}
		}
	}
	found, _ := value.(map[string]any)
	return found
}

// resolve follows a reference.
func (s *schema) resolve(part map[string]any) map[string]any {
	if ref, ok := part["$ref"].(string); ok {
		return s.at(ref)
	}
	return part
}

// fill adds the defaults of what value leaves out.
func (s *schema) fill(part map[string]any, value any) {
	part = s.resolve(part)
	switch in := value.(type) {
	case map[string]any:
		properties, _ := part["properties"].(map[string]any)
		for name, each := range properties {
			property := s.resolve(each.(map[string]any))
			if standard, has := property["default"]; has && in[name] == nil {
				in[name] = clone(standard)
			}
			s.fill(property, in[name])
		}
		patterns, _ := part["patternProperties"].(map[string]any)
		for pattern, each := range patterns {
			property, ok := each.(map[string]any)
			matches := regexp.MustCompile(pattern)
			for name := range in {
				if ok && matches.MatchString(name) && properties[name] == nil {
					s.fill(property, in[name])
				}
			}
		}
	case []any:
		if items, ok := part["items"].(map[string]any); ok {
			for _, each := range in {
				s.fill(items, each)
			}
		}
	}
}

// clone copies a default, so that no two settings share it.
func clone(value any) any {
	switch in := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(in))
		for name, each := range in {
			out[name] = clone(each)
		}
		return out
	case []any:
		return slices.Clone(in)
	}
	return value
}
