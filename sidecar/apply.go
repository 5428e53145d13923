package sidecar

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"

	"sluice/sidecar/config"
)

// apply puts in force what the files say. The main file's services win over the
// folders'; of the folders' files, the first in order wins. It is called with mu
// held.
func (f *files) apply() {
	m := merger{defined: map[string]definition{}, owners: map[[sha256.Size]byte]string{}}
	conflicts := map[string]bool{}
	add := func(path string, services map[string]config.Service) {
		for _, name := range slices.Sorted(maps.Keys(services)) {
			if err := m.add(name, definition{path, services[name]}); err != nil {
				conflicts[err.Error()] = true
				f.logProblem(f.conflicts, err)
			}
		}
	}
	add(f.server.opts.File, f.main.Services)
	for _, path := range slices.Sorted(maps.Keys(f.dynamic)) {
		add(path, f.dynamic[path].services)
	}
	f.server.registry.apply(m.defined)
	f.conflicts = conflicts
}

// merger merges the services of all files.
type merger struct {
	defined map[string]definition        // by name
	owners  map[[sha256.Size]byte]string // of tokens: service names
}

// add adds a service, unless its name or a token of it is taken.
func (m merger) add(name string, d definition) error {
	if other, taken := m.defined[name]; taken {
		return fmt.Errorf("%s: service %s is also defined in %s: give one of them another name",
			d.file, name, other.file)
	}
	for _, hash := range d.config.TokenHashes {
		if other, taken := m.owners[hash]; taken {
			return fmt.Errorf("%s: the token of service %s is also that of %s: give each a token of its own",
				d.file, name, other)
		}
	}
	for _, hash := range d.config.TokenHashes {
		m.owners[hash] = name
	}
	m.defined[name] = d
	return nil
}
