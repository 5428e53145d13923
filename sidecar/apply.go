package sidecar

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
)

// apply puts everything in force. The main file's services win over the folders';
// of the folders' files, the first in order wins. It is called with mu held.
func (f *files) apply() {
	wanted, owner, clashes := map[string]definition{}, map[[sha256.Size]byte]string{}, map[string]bool{}
	add := func(name, path string, c ServiceConfig) {
		if clash := clashOf(name, path, c, wanted, owner); clash != nil {
			clashes[clash.Error()] = true
			f.log(f.clashes, clash)
			return
		}
		for _, hash := range c.hashes {
			owner[hash] = name
		}
		wanted[name] = definition{path, c}
	}
	for _, name := range slices.Sorted(maps.Keys(f.main.Services)) {
		add(name, f.server.opts.File, f.main.Services[name])
	}
	for _, path := range slices.Sorted(maps.Keys(f.dynamic)) {
		services := f.dynamic[path].services
		for _, name := range slices.Sorted(maps.Keys(services)) {
			add(name, path, services[name])
		}
	}
	f.server.registry.apply(wanted)
	f.clashes = clashes
}

// clashOf says why a service cannot stand beside those that are wanted already.
func clashOf(name, path string, c ServiceConfig, wanted map[string]definition, owner map[[sha256.Size]byte]string) error {
	if other, taken := wanted[name]; taken {
		return fmt.Errorf("%s: service %s is defined in %s, too: give one of them another name", path, name, other.file)
	}
	for _, hash := range c.hashes {
		if other, taken := owner[hash]; taken {
			return fmt.Errorf("%s: the token of service %s is also that of %s: give each a token of its own", path, name, other)
		}
	}
	return nil
}
