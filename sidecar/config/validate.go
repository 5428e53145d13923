package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// validate returns everything that the schema finds wrong with a tree. Mistakes
// show values as the file has them, before references were expanded, and no
// secret ones.
func (s *schema) validate(f *file, tree any) Mistakes {
	var invalid *jsonschema.ValidationError
	if err := s.compiled.Validate(tree); !errors.As(err, &invalid) {
		return nil
	}
	var found Mistakes
	s.collect(f, invalid, &found)
	return found
}

// collect gathers the errors that say something by themselves.
func (s *schema) collect(f *file, e *jsonschema.ValidationError, into *Mistakes) {
	part := s.at(e.SchemaURL)
	switch problem := e.ErrorKind.(type) {
	case *kind.AnyOf:
		*into = append(*into, f.mistake(e.InstanceLocation, "is incomplete", text(part, "x-any-of")))
	case *kind.OneOf:
		*into = append(*into, f.mistake(e.InstanceLocation, "is incomplete or ambiguous", text(part, "x-one-of")))
	case *kind.AdditionalProperties:
		for _, name := range problem.Properties {
			path := append(slices.Clone(e.InstanceLocation), name)
			*into = append(*into, f.mistake(path, "is not a known setting", knownNames(part)))
		}
	case *kind.Required:
		for _, name := range problem.Missing {
			path := append(slices.Clone(e.InstanceLocation), name)
			*into = append(*into, f.mistake(path, "is missing", text(s.resolve(property(part, name)), "x-remedy")))
		}
	case *kind.Schema, *kind.Group, *kind.Reference, *kind.AllOf:
		for _, cause := range e.Causes {
			s.collect(f, cause, into)
		}
	default:
		m := f.mistake(e.InstanceLocation, describe(problem), text(part, "x-remedy"))
		if secret, _ := part["writeOnly"].(bool); !secret {
			m.Value = f.quote(e.InstanceLocation)
		}
		*into = append(*into, m)
	}
}

// knownNames lists the settings that a part of the schema allows.
func knownNames(part map[string]any) string {
	if names := text(part, "x-names"); names != "" {
		return "write a name of " + names
	}
	properties, _ := part["properties"].(map[string]any)
	return "write one of " + strings.Join(slices.Sorted(maps.Keys(properties)), ", ")
}

// describe says what is wrong with a value, without the value.
func describe(problem jsonschema.ErrorKind) string {
	switch k := problem.(type) {
	case *kind.Type:
		return fmt.Sprintf("is of type %s, not %s", k.Got, strings.Join(k.Want, " or "))
	case *kind.Enum:
		names := make([]string, len(k.Want))
		for i, each := range k.Want {
			names[i] = fmt.Sprint(each)
		}
		return "is not one of " + strings.Join(names, ", ")
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
		return "does not have the expected form"
	}
	return "is not allowed here"
}
