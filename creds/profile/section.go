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
	h, ok := header{kindProfile, inside}, validName(inside, blank)
	if k == configFile {
		h.kind, ok = "", validName(inside, "")
		if end := strings.IndexAny(inside, blank); end >= 0 {
			h.kind = inside[:end]
			h.name, ok = unquoted(strings.Trim(inside[end:], blank))
		}
	}
	if !ok {
		return header{}
	}
	return h
}

// unquoted returns the name that a definition of the config file means, and whether
// it is valid. The AWS CLI quotes names that have white space.
func unquoted(text string) (name string, ok bool) {
	if n := len(text); n > 1 && text[0] == text[n-1] && (text[0] == '\'' || text[0] == '"') {
		return text[1 : n-1], validName(text[1:n-1], blank+`!'"`)
	}
	return text, validName(text, "")
}

// validName reports whether a section may be called that. The format's own alphabet
// is that of valid; botocore and the AWS CLI take more, and write it. AWS's published
// vectors want a bare name with '!' to be ignored. also has what may stand in this
// name besides.
func validName(name, also string) bool {
	for _, c := range []byte(name) {
		if (c <= ' ' || strings.IndexByte("!\"'\\[]#;\x7f", c) >= 0) && strings.IndexByte(also, c) < 0 {
			return false
		}
	}
	return name != ""
}

// valid reports whether a property may be called that.
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
			// AWS ignores [my prod] of the credentials file; the AWS CLI writes it there
			// for a profile that it quotes in the config file.
			unknown := strings.ContainsAny(h.name, blank) && config[h] == nil
			if of := byKind[h.kind]; of != nil && !unknown {
				of[h.name] = Section{h.name, func() (_, _ map[string]string) { return credentials[h], config[h] }}
			}
		}
	}
	return f
}
