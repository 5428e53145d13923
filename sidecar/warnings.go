package sidecar

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// othersMay are the permissions that nobody but a file's owner and group should have.
const othersMay fs.FileMode = 0o006

// warnOfMode warns of a file with secrets in it that other users can read, or replace.
func (c *Config) warnOfMode(ctx context.Context, d *document, w World) {
	if w.Stat == nil || !d.hasSecrets() {
		return
	}
	info, err := w.Stat(ctx, d.file)
	if err != nil || info.Mode()&othersMay == 0 {
		return
	}
	c.Warnings = append(c.Warnings, fmt.Sprintf(
		"%s can be read or written by other users and holds tokens or keys: chmod 600 %[1]s, "+
			"or write ${fromFile:PATH} in their place", d.file))
}

// hasSecrets reports whether tokens or keys stand in a document itself.
func (d *document) hasSecrets() bool {
	const key = "source_credentials.iam_keys.aws_secret_access_key"
	sources := [][]string{{"aws_defaults", "iam_keys", "aws_secret_access_key"}}
	services, _ := d.at([]string{"services"}).(map[string]any)
	for name := range services {
		service := []string{"services", name}
		sources = append(sources, append(service[:2:2], "auth_token"), append(service[:2:2], strings.Split(key, ".")...))
	}
	return slices.ContainsFunc(sources, func(path []string) bool {
		values, several := d.at(path).([]any)
		if !several {
			values = []any{d.at(path)}
		}
		return slices.ContainsFunc(values, func(value any) bool {
			text, is := value.(string)
			return is && !reference.MatchString(text)
		})
	})
}

// reference is the form of a reference to a variable or a file, of ours or another program's.
var reference = regexp.MustCompile(`\$\{[^}]*\}`)

// warnOfNewlines warns of files of tokens that end in a newline. We leave it out; AWS's SDKs do not, and
// refuse the token when they read the same file.
func (c *Config) warnOfNewlines(ended map[string]string) {
	for _, place := range slices.Sorted(maps.Keys(ended)) {
		path := strings.Split(place, ".") // names of services have no dots
		if len(path) >= 3 && path[0] == "services" && path[2] == "auth_token" {
			c.Warnings = append(c.Warnings, fmt.Sprintf(
				"service %s: its token file %s ends in a newline, which AWS's SDKs refuse to send: write it with printf %%s",
				path[1], ended[place]))
		}
	}
}
