package config

import (
	"regexp"
	"slices"
)

// fillDefaults adds to value the defaults of what it leaves out.
func (s *schema) fillDefaults(part map[string]any, value any) {
	part = s.resolve(part)
	switch in := value.(type) {
	case map[string]any:
		properties, _ := part["properties"].(map[string]any)
		for name, each := range properties {
			property := s.resolve(each.(map[string]any))
			if standard, has := property["default"]; has && in[name] == nil {
				in[name] = clone(standard)
			}
			s.fillDefaults(property, in[name])
		}
		s.fillPatterns(part, properties, in)
	case []any:
		if items, ok := part["items"].(map[string]any); ok {
			for _, each := range in {
				s.fillDefaults(items, each)
			}
		}
	}
}

// fillPatterns fills in the settings whose names the schema describes by a
// pattern.
func (s *schema) fillPatterns(part, properties, in map[string]any) {
	patterns, _ := part["patternProperties"].(map[string]any)
	for pattern, each := range patterns {
		property, ok := each.(map[string]any)
		for name := range in {
			if ok && s.patterns[pattern].MatchString(name) && properties[name] == nil {
				s.fillDefaults(property, in[name])
			}
		}
	}
}

// compilePatterns compiles the patterns of names in a part of the schema.
func compilePatterns(part any, into map[string]*regexp.Regexp) {
	switch in := part.(type) {
	case map[string]any:
		patterns, _ := in["patternProperties"].(map[string]any)
		for pattern := range patterns {
			into[pattern] = regexp.MustCompile(pattern)
		}
		for _, each := range in {
			compilePatterns(each, into)
		}
	case []any:
		for _, each := range in {
			compilePatterns(each, into)
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
