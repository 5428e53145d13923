package config

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// minToken is the length below which a token can be guessed.
const minToken = 16

// warnOfService warns of settings that work but are not wise.
func (c *Config) warnOfService(name string, s Service) {
	warn := func(text string) { c.Warnings = append(c.Warnings, "service "+name+": "+text) }
	if slices.ContainsFunc(s.AuthToken, func(t Secret) bool { return len(t) < minToken }) {
		warn(fmt.Sprintf("auth_token has fewer than %d characters and can be guessed", minToken))
	}
	if s.Source.Profile != nil && s.Source.Keys != nil {
		warn("iam_profile wins over iam_keys, as in CredProxy; leave one of them out")
	}
	if s.Role != nil && s.Role.TokenCode != "" {
		warn("a TokenCode works only once, so the key cannot be refreshed")
	}
}

// othersMask selects the permissions that only a file's owner and group should have.
const othersMask fs.FileMode = 0o006

// warnOfMode warns of a file with secrets that other users can read or replace.
func (c *Config) warnOfMode(ctx context.Context, f *file, env Environment) {
	if env.Stat == nil || !f.hasSecrets() {
		return
	}
	info, err := env.Stat(ctx, f.name)
	if err != nil || info.Mode()&othersMask == 0 {
		return
	}
	c.Warnings = append(c.Warnings, fmt.Sprintf(
		"%s holds tokens or keys, and other users can read or write it: chmod 600 %[1]s, "+
			"or write ${fromFile:PATH} in place of the secrets", f.name))
}

// hasSecrets reports whether the file itself contains tokens or keys.
func (f *file) hasSecrets() bool {
	const key = "source_credentials.iam_keys.aws_secret_access_key"
	paths := [][]string{{"aws_defaults", "iam_keys", "aws_secret_access_key"}}
	services, _ := f.value([]string{"services"}).(map[string]any)
	for name := range services {
		service := []string{"services", name}
		paths = append(paths, append(service[:2:2], "auth_token"), append(service[:2:2], strings.Split(key, ".")...))
	}
	return slices.ContainsFunc(paths, func(path []string) bool {
		values, several := f.value(path).([]any)
		if !several {
			values = []any{f.value(path)}
		}
		return slices.ContainsFunc(values, func(value any) bool {
			text, is := value.(string)
			return is && !reference.MatchString(text)
		})
	})
}

// reference matches a reference to a variable or a file, ours or another program's.
var reference = regexp.MustCompile(`\$\{[^}]*\}`)

// warnOfNewlines warns of token files that end in a newline. We drop it. AWS's
// SDKs, if they read the same file, do not drop it and refuse the token. newlines
// has the files by the setting that names them.
func (c *Config) warnOfNewlines(newlines map[string]string) {
	for _, setting := range slices.Sorted(maps.Keys(newlines)) {
		path := strings.Split(setting, ".") // service names have no dots
		if len(path) >= 3 && path[0] == "services" && path[2] == "auth_token" {
			c.Warnings = append(c.Warnings, fmt.Sprintf(
				"service %s: its token file %s ends in a newline, which AWS's SDKs refuse to send: "+
					"write it with printf %%s", path[1], newlines[setting]))
		}
	}
}
