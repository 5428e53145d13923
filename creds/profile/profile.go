// Package profile parses AWS's shared config and credentials files, and plans how to get a profile's credentials. It
// uses no disk, no network and no environment but what it is passed:
//
//	at, err := profile.Locate(os.Getenv, os.UserHomeDir)
//	config, credentials := read(at.Config), read(at.Credentials) // nil if absent
//	files, err := profile.Parse(config, credentials)
//	name, explicit := profile.Selected(os.Getenv)
//	plan, err := files.Plan(name)
//
// The format is that of the AWS SDKs and Tools Reference Guide ("Shared config and credentials files"), and where that
// is silent, that of smithy-rs.
package profile

import (
	"cmp"
	"slices"
	"strings"
)

// Files is the merged content of both files. It does not change after Parse, so it is safe for concurrent use. Printing
// it shows no secret.
type Files struct {
	profiles map[string]Section
	sessions map[string]Section // [sso-session name]
	services map[string]Section // [services name]
}

// Section is a profile, or another named section. Printing it shows no secret.
type Section struct {
	name string

	// properties returns what each file has: halves of a key pair from two files are not a pair. It is a function
	// because nothing prints what a function holds; package fmt follows a pointer for %s.
	properties func() (credentials, config map[string]string)
}

// Get returns the value of a property by its lower-case key, "" if no file sets it. The credentials file wins over the
// config file. A line feed precedes each line that continues the value.
func (s Section) Get(key string) string {
	if s.properties == nil {
		return ""
	}
	credentials, config := s.properties()
	return cmp.Or(credentials[key], config[key])
}

// has reports whether one of the properties has a value.
func (s Section) has(keys ...string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return s.Get(key) != "" })
}

// Profile returns the profile of that name, and whether a file has it.
func (f *Files) Profile(name string) (Section, bool) {
	s, ok := f.profiles[name]
	return s, ok
}

// Setting is Get of a profile: "" also if there is no such profile.
func (f *Files) Setting(profile, key string) string {
	return f.profiles[profile].Get(key)
}

// Endpoint returns the URL that the profile sets for a service ("sts", "sso", "sso_oidc"): the service's own from the
// profile's services section, or the one for all services. It is "" if there is none, or if the profile ignores
// configured endpoints.
func (f *Files) Endpoint(profile, service string) string {
	s := f.profiles[profile]
	if strings.EqualFold(s.Get("ignore_configured_endpoint_urls"), "true") {
		return ""
	}
	own := nested(f.services[s.Get("services")].Get(service), "endpoint_url")
	return cmp.Or(own, s.Get("endpoint_url"))
}

// nested returns a sub-property of a value; the last one wins, as among properties. Only a value whose first line is
// empty has sub-properties.
func nested(value, key string) (found string) {
	block, ok := strings.CutPrefix(value, "\n")
	if !ok {
		return ""
	}
	for line := range strings.SplitSeq(block, "\n") {
		if k, v, _ := cutProperty(line); strings.ToLower(k) == key {
			found = v
		}
	}
	return found
}
