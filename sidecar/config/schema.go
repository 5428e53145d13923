package config

import (
	"bytes"
	_ "embed" // schema.json
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemaText says what is valid, with defaults and remedies. All that is said
// about the configuration's form comes from it.
//
//go:embed schema.json
var schemaText []byte

const schemaURL = "https://sluice.invalid/serve.json"

// schema is the parsed schema: compiled, and as a tree.
type schema struct {
	compiled *jsonschema.Schema
	root     map[string]any
	patterns map[string]*regexp.Regexp // of patternProperties, by their text
}

// loadSchema compiles the schema once: compiling takes longer than validating a
// file.
var loadSchema = sync.OnceValues(func() (*schema, error) {
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemaText))
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(schemaURL, tree); err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	compiled, err := compiler.Compile(schemaURL)
	if err != nil {
		return nil, fmt.Errorf("compile the schema: %w", err)
	}
	patterns := map[string]*regexp.Regexp{}
	compilePatterns(tree, patterns)
	return &schema{compiled, tree.(map[string]any), patterns}, nil
})

// Schema returns the configuration's JSON Schema for editors. In a file a
// reference may take the place of any text, so its patterns accept references.
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

// at returns the part of the schema that a URL names.
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

// resolve follows a $ref.
func (s *schema) resolve(part map[string]any) map[string]any {
	if ref, ok := part["$ref"].(string); ok {
		return s.at(ref)
	}
	return part
}

// text returns a part's text of that name, "" if it has none.
func text(part map[string]any, name string) string {
	value, _ := part[name].(string)
	return value
}

// property returns the part of a property, nil if there is none of that name.
func property(part map[string]any, name string) map[string]any {
	properties, _ := part["properties"].(map[string]any)
	found, _ := properties[name].(map[string]any)
	return found
}
