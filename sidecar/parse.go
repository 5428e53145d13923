package sidecar

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Parse reads a configuration, YAML or JSON. Its error is Mistakes: all that is
// wrong, at once.
func Parse(ctx context.Context, file string, text []byte, w World) (*Config, error) {
	d, err := readDocument(file, text)
	if err != nil {
		return nil, err
	}
	c := &Config{}
	mistakes, err := c.read(ctx, d, w, true)
	if err == nil {
		err = mistakes.and(c.settle(d)).orNil()
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// parseServices reads a file of services: what stands under services, or one
// service, which is then called name. Whatever else a file holds is left alone.
func parseServices(ctx context.Context, file, name string, text []byte, w World, defaults Source) (*Config, error) {
	d, err := readDocument(file, text)
	if err != nil {
		return nil, err
	}
	services, has := d.root.(map[string]any)["services"]
	if !has {
		services = map[string]any{name: d.root}
		d.wrapped = 2
	}
	d.root = map[string]any{"services": services}
	c := &Config{}
	mistakes, err := c.read(ctx, d, w, false)
	c.Defaults = defaults
	if err == nil {
		err = mistakes.and(c.settleServices(d)).orNil()
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// read puts references in, checks the form, and fills in defaults. What is wrong
// with the form does not hide what else is wrong, if the file can be read at all.
func (c *Config) read(ctx context.Context, d *document, w World, overrides bool) (mistakes Mistakes, err error) {
	put := newSubstituter(ctx, w)
	tree := put.tree(d.root, nil, func(path []string, err error) {
		m := d.mistake(path, err.Error(), "")
		m.Value = d.written(path)
		mistakes = append(mistakes, m)
	})
	if overrides {
		mistakes = append(mistakes, override(tree.(map[string]any), w)...)
	}
	s, err := loadSchema()
	if err != nil {
		return nil, err
	}
	mistakes = mistakes.and(s.check(d, tree))
	s.fill(s.root, tree)
	text, err := json.Marshal(tree)
	if err == nil {
		err = json.Unmarshal(text, c)
	}
	switch {
	case err != nil && len(mistakes) > 0:
		return nil, mistakes.orNil()
	case err != nil:
		return nil, fmt.Errorf("%s: %w", d.file, err)
	}
	c.files = slices.Sorted(maps.Keys(put.files))
	c.warnOfMode(ctx, d, w)
	c.warnOfNewlines(put.ended)
	return mistakes, nil
}
