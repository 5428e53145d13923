package profile

import "strings"

// fileKind is one of the two files, as errors call it. They differ in how they
// write a section's name.
type fileKind string

const (
	configFile      fileKind = "config file"
	credentialsFile fileKind = "credentials file"
)

// header names a section of a file. Sections of kinds that we do not know are
// read, for their errors, and then left out by merge.
type header struct{ kind, name string }

// Kinds of sections. A [default] of the config file has none.
const (
	kindProfile  = "profile"
	kindSession  = "sso-session"
	kindServices = "services"
)

// header reads what a definition has between its brackets: a kind and a name in
// the config file, the name of a profile in the other. A name that is not valid
// has the zero header.
func (k fileKind) header(inside string) header {
	h := header{kindProfile, inside}
	if k == configFile {
		h.kind = ""
		if end := strings.IndexAny(inside, blank); end >= 0 {
			h = header{inside[:end], strings.Trim(inside[end:], blank)}
		}
	}
	if !valid(h.name) {
		return header{}
	}
	return h
}

// valid tells whether a section or a property may be called that.
func valid(name string) bool {
	for _, c := range []byte(name) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		digit := '0' <= c && c <= '9'
		if !letter && !digit && strings.IndexByte("_-/.%@:+", c) < 0 {
			return false
		}
	}
	return name != ""
}

// sections are a file's properties by section and key.
type sections map[header]map[string]string

// open returns the section to fill: a new one, or the one that is there.
func (s sections) open(h header) map[string]string {
	if s[h] == nil {
		s[h] = map[string]string{}
	}
	return s[h]
}

// merge puts both files together. [profile default], wherever it stands in the
// config file, replaces [default].
func merge(config, credentials sections) *Files {
	bare, named := header{"", "default"}, header{kindProfile, "default"}
	if config[bare] != nil && config[named] == nil {
		config[named] = config[bare]
	}
	f := &Files{map[string]Section{}, map[string]Section{}, map[string]Section{}}
	byKind := map[string]map[string]Section{kindProfile: f.profiles, kindSession: f.sessions, kindServices: f.services}
	for _, file := range []sections{config, credentials} {
		for h := range file {
			if of := byKind[h.kind]; of != nil {
				of[h.name] = Section{h.name, func() (_, _ map[string]string) { return credentials[h], config[h] }}
			}
		}
	}
	return f
}
