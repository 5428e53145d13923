package profile

import (
	"maps"
	"slices"
)

// Properties returns all properties of a section, also those without a value.
func (s Section) Properties() map[string]string {
	all := map[string]string{}
	credentials, config := s.properties()
	maps.Copy(all, config)
	maps.Copy(all, credentials)
	return all
}

// Names returns the names of all profiles, sorted.
func (f *Files) Names() []string { return slices.Sorted(maps.Keys(f.profiles)) }

// Sessions returns the sso-sessions.
func (f *Files) Sessions() map[string]Section { return f.sessions }

// Problems returns the texts of all ParseErrors.
func Problems() []string {
	return []string{notText, noSection, openSection, noEquals, noName, noNestedEquals, noNestedName, orphan}
}

// Valid reports whether a property may have this name.
func Valid(name string) bool { return validKey(name) }

// ValidName reports whether a section may have this name.
func ValidName(name string) bool { return validName(name, blank+"!'\"") }
