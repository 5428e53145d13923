package config

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Parse reads a configuration in YAML or JSON. If it is invalid, the error is
// Mistakes and names everything that is wrong.
func Parse(ctx context.Context, file string, text []byte, env Environment) (*Config, error) {
	f, err := parseFile(file, text)
	if err != nil {
		return nil, err
	}
	c := &Config{}
	mistakes, err := c.decode(ctx, f, env, true)
	if err == nil {
		err = mistakes.merge(c.normalize(f)).orNil()
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// ParseServices reads a file of a folder of services: what stands under
// "services", or else one service, which is then called name. Other settings in
// the file are ignored. The error is as Parse's.
func ParseServices(
	ctx context.Context, file, name string, text []byte, env Environment, defaults Source,
) (*Config, error) {
	f, err := parseFile(file, text)
	if err != nil {
		return nil, err
	}
	services, has := f.root.(map[string]any)["services"]
	if !has {
		services = map[string]any{name: f.root}
		f.wrapped = 2
	}
	f.root = map[string]any{"services": services}
	c := &Config{}
	mistakes, err := c.decode(ctx, f, env, false)
	c.Defaults = defaults
	if err == nil {
		err = mistakes.merge(c.normalizeServices(f)).orNil()
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// decode expands references, validates the form and fills in defaults. A mistake
// in the form does not hide other mistakes, if the file can be read at all.
func (c *Config) decode(ctx context.Context, f *file, env Environment, overrides bool) (mistakes Mistakes, err error) {
	expand := newExpander(ctx, env)
	tree := expand.tree(f.root, nil, func(path []string, err error) {
		m := f.mistake(path, err.Error(), "")
		m.Value = f.quote(path)
		mistakes = append(mistakes, m)
	})
	if overrides {
		mistakes = append(mistakes, override(tree.(map[string]any), env)...)
	}
	schema, err := loadSchema()
	if err != nil {
		return nil, err
	}
	mistakes = mistakes.merge(schema.validate(f, tree))
	schema.fillDefaults(schema.root, tree)
	text, err := json.Marshal(tree)
	if err == nil {
		err = json.Unmarshal(text, c)
	}
	switch {
	case err != nil && len(mistakes) > 0:
		return nil, mistakes.orNil()
	case err != nil:
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	c.References = slices.Sorted(maps.Keys(expand.files))
	c.warnOfMode(ctx, f, env)
	c.warnOfNewlines(expand.newlines)
	return mistakes, nil
}
