package sidecar

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// check returns all that the schema finds wrong with a tree. Values are shown as they were written in the document, before anything
// was put in; secret ones are not.
func (s *schema) check(d *document, tree any) Mistakes {
	var invalid *jsonschema.ValidationError
	if err := s.checks.Validate(tree); !errors.As(err, &invalid) {
		return nil
	}
	var found Mistakes
	s.collect(d, invalid, &found)
	return found
}

// collect gathers the errors that say something themselves.
func (s *schema) collect(d *document, e *jsonschema.ValidationError, into *Mistakes) {
	part := s.at(e.SchemaURL)
	switch problem := e.ErrorKind.(type) {
	case *kind.AnyOf:
		*into = append(*into, d.mistake(e.InstanceLocation, "is incomplete", text(part, "x-any-of")))
	case *kind.OneOf:
		*into = append(*into, d.mistake(e.InstanceLocation, "is incomplete or ambiguous", text(part, "x-one-of")))
	case *kind.AdditionalProperties:
		for _, name := range problem.Properties {
			*into = append(*into, d.mistake(append(slices.Clone(e.InstanceLocation), name), "is not known", knownNames(part)))
		}
	case *kind.Required:
		for _, name := range problem.Missing {
			remedy := text(s.resolve(property(part, name)), "x-remedy")
			*into = append(*into, d.mistake(append(slices.Clone(e.InstanceLocation), name), "is missing", remedy))
		}
	case *kind.Schema, *kind.Group, *kind.Reference, *kind.AllOf:
		for _, cause := range e.Causes {
			s.collect(d, cause, into)
		}
	default:
		m := d.mistake(e.InstanceLocation, describe(problem), text(part, "x-remedy"))
		if secret, _ := part["writeOnly"].(bool); !secret {
			m.Value = d.written(e.InstanceLocation)
		}
		*into = append(*into, m)
	}
}

// mistake makes a Mistake without a value.
func (d *document) mistake(path []string, problem, remedy string) Mistake {
	return Mistake{File: d.file, Line: d.line(path), Path: path, Problem: problem, Remedy: remedy}
}

func text(part map[string]any, name string) string {
	value, _ := part[name].(string)
	return value
}

func property(part map[string]any, name string) map[string]any {
	properties, _ := part["properties"].(map[string]any)
	found, _ := properties[name].(map[string]any)
	return found
}

// knownNames lists what may stand in a part of the schema.
func knownNames(part map[string]any) string {
	if names := text(part, "x-names"); names != "" {
		return "a name is of " + names
	}
	properties, _ := part["properties"].(map[string]any)
	return "known here are " + strings.Join(slices.Sorted(maps.Keys(properties)), ", ")
}

// describe says what is wrong with a value, without the value.
func describe(problem jsonschema.ErrorKind) string {
	switch k := problem.(type) {
	case *kind.Type:
		return fmt.Sprintf("is of type %s, not %s", k.Got, strings.Join(k.Want, " or "))
	case *kind.Enum:
		return fmt.Sprintf("is none of %v", k.Want)
	case *kind.Minimum:
		return "is less than " + k.Want.RatString()
	case *kind.Maximum:
		return "is more than " + k.Want.RatString()
	case *kind.MinLength:
		if k.Want == 1 {
			return "is empty"
		}
		return fmt.Sprintf("is shorter than %d characters", k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("is longer than %d characters", k.Want)
	case *kind.MinItems, *kind.MinProperties:
		return "is empty"
	case *kind.MaxItems:
		return fmt.Sprintf("has more than %d entries", k.Want)
	case *kind.Pattern:
		return "is not of the form that is wanted"
	}
	return "is not allowed here"
}
