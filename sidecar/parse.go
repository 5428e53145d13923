package sidecar

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Parse reads a configuration, YAML or JSON. Its error is Mistakes: all that is
// wrong, at once.
func Parse(file string, text []byte, w World) (*Config, error) {
	d, err := readDocument(file, text)
	if err != nil {
		return nil, err
	}
	c := &Config{}
	if err := c.read(d, w, true); err != nil {
		return nil, err
	}
	return c, c.settle(d).orNil()
}

// parseServices reads a file of services: what stands under services, or one
// service, which is then called name. Whatever else a file holds is left alone.
func parseServices(file, name string, text []byte, w World, defaults Source) (*Config, error) {
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
	if err := c.read(d, w, false); err != nil {
		return nil, err
	}
	c.Defaults = defaults
	return c, c.settleServices(d).orNil()
}

// read puts references in, checks the form, and fills in defaults.
func (c *Config) read(d *document, w World, overrides bool) error {
	var mistakes Mistakes
	unknown := map[string]bool{} // values of references that cannot be followed
	put := newSubstituter(w)
	tree := put.tree(d.root, nil, func(path []string, err error) {
		m := d.mistake(path, err.Error(), "")
		m.Value = d.written(path)
		mistakes = append(mistakes, m)
		unknown[m.place()] = true
	})
	if overrides {
		mistakes = append(mistakes, override(tree.(map[string]any), w)...)
	}
	s, err := loadSchema()
	if err != nil {
		return err
	}
	for _, m := range s.check(d, tree) {
		if !unknown[m.place()] {
			mistakes = append(mistakes, m)
		}
	}
	if len(mistakes) > 0 {
		return mistakes.sorted()
	}
	s.fill(s.root, tree)
	text, err := json.Marshal(tree)
	if err == nil {
		err = json.Unmarshal(text, c)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", d.file, err)
	}
	c.files = slices.Sorted(maps.Keys(put.files))
	return nil
}
