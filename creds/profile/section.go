package profile

import "strings"

// fileKind is one of the two files, as errors name it. They write a section's name differently.
type fileKind string

const (
	configFile      fileKind = "config file"
	credentialsFile fileKind = "credentials file"
)

// header names a section of a file. Sections of unknown kinds are parsed, for their errors, and then left out by merge.
type header struct{ kind, name string }

// The kinds of sections. [default] in the config file has none.
const (
	kindProfile  = "profile"
	kindSession  = "sso-session"
	kindServices = "services"
)

// parseHeader parses what a definition has between its brackets: a kind and a name in the config file, the name of a
// profile in the other. A name that is not valid has the zero header.
func (k fileKind) parseHeader(inside string) header {
	h, ok := header{kindProfile, inside}, validName(inside, blank)
	if k == configFile {
		h.kind, ok = "", validName(inside, "")
		if end := strings.IndexAny(inside, blank); end >= 0 {
			h.kind = inside[:end]
			h.name, ok = unquote(strings.Trim(inside[end:], blank))
		}
	}
	if !ok {
		return header{}
	}
	return h
}

// unquote returns the name in a definition of the config file, and whether it is valid. The AWS CLI quotes names with
// white space.
func unquote(text string) (name string, ok bool) {
	if n := len(text); n > 1 && text[0] == text[n-1] && (text[0] == '\'' || text[0] == '"') {
		return text[1 : n-1], validName(text[1:n-1], blank+`!'"`)
	}
	return text, validName(text, "")
}

// validName reports whether a section may have this name. The format itself allows what validKey allows; botocore and
// the AWS CLI accept and write more. AWS's published vectors ignore a bare name with '!'. also has the further
// characters that this name may contain.
func validName(name, also string) bool {
	for _, c := range []byte(name) {
		if (c <= ' ' || strings.IndexByte("!\"'\\[]#;\x7f", c) >= 0) && strings.IndexByte(also, c) < 0 {
			return false
		}
	}
	return name != ""
}

// validKey reports whether a property may have this name.
func validKey(name string) bool {
	for _, c := range []byte(name) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		digit := '0' <= c && c <= '9'
		if !letter && !digit && strings.IndexByte("_-/.%@:+", c) < 0 {
			return false
		}
	}
	return name != ""
}

// sections are the properties of a file by section and key.
type sections map[header]map[string]string

// open returns a section, and creates it if it does not exist.
func (s sections) open(h header) map[string]string {
	if s[h] == nil {
		s[h] = map[string]string{}
	}
	return s[h]
}

// merge merges both files. [profile default], wherever it is in the config file, replaces [default].
func merge(config, credentials sections) *Files {
	bare, named := header{"", "default"}, header{kindProfile, "default"}
	if config[bare] != nil && config[named] == nil {
		config[named] = config[bare]
	}
	f := &Files{map[string]Section{}, map[string]Section{}, map[string]Section{}}
	byKind := map[string]map[string]Section{
		kindProfile:  f.profiles,
		kindSession:  f.sessions,
		kindServices: f.services,
	}
	for _, file := range []sections{config, credentials} {
		for h := range file {
			// AWS ignores [my prod] in the credentials file, but the AWS CLI writes it there for a profile that it
			// quotes in the config file.
			unknown := strings.ContainsAny(h.name, blank) && config[h] == nil
			if of := byKind[h.kind]; of != nil && !unknown {
				of[h.name] = Section{h.name, func() (_, _ map[string]string) { return credentials[h], config[h] }}
			}
		}
	}
	return f
}
