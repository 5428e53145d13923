package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWarnings: what works but is not wise is warned of.
func TestWarnings(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	file := path("c.yaml")
	write(t, path("token"), tokenOne+"\n")
	write(t, path("bare"), tokenTwo)
	write(t, path("expires"), "2037-01-31T00:00:00Z\n")
	const (
		others = "FILE holds tokens or keys, and other users can read or write it: chmod 600 FILE, " +
			"or write ${fromFile:PATH} in place of the secrets"
		newline = "service one: its token file DIR/token ends in a newline, which AWS's SDKs refuse to send: " +
			"write it with printf %s"
		keys = "iam_keys: {aws_access_key_id: AKIAIOSFODNN7EXAMPLE, aws_secret_access_key: EXAMPLEKEY}"
	)
	fill := strings.NewReplacer("DIR", dir, "FILE", file)
	withToken := func(token string) string { return strings.Replace(one, tokenOne, token, 1) }
	with := func(setting string) string {
		return strings.Replace(withToken("'${fromFile:DIR/bare}'"), "    assumed", "    "+setting+"\n    assumed", 1)
	}
	for _, tt := range []struct {
		name, text string
		mode       fs.FileMode
		want       string
	}{
		{"nothing", one, 0o600, ""},
		{"a group's", one, 0o640, ""},
		{"readable by all", one, 0o644, others},
		{"writable by all", one, 0o622, others},
		{"several tokens", withToken("['${fromFile:DIR/bare}', t0123456789abcdef]"), 0o644, others},
		{"keys", "aws_defaults: {" + keys + "}\n" + withToken("'${fromFile:DIR/bare}'"), 0o644, others},
		{"readable by all, without secrets", withToken("'${fromFile:DIR/bare}'"), 0o644, ""},
		{"a newline", withToken("'${fromFile:DIR/token}'"), 0o600, newline},
		{"a newline in a list", withToken("['${fromFile:DIR/token}']"), 0o600, newline},
		{"a newline elsewhere", with("expires: '${fromFile:DIR/expires}'"), 0o600, ""},
		{"a short token", withToken("t0123456789abcd"), 0o600,
			"service one: auth_token has fewer than 16 characters and can be guessed"},
		{"a profile and keys", with("source_credentials: {iam_profile: {profile_name: p}, " + keys + "}"), 0o600,
			"service one: iam_profile wins over iam_keys, as in CredProxy; leave one of them out"},
		{"a code", strings.Replace(one, "{RoleArn", `{TokenCode: "123456", RoleArn`, 1), 0o600,
			"service one: a TokenCode works only once, so the key cannot be refreshed"},
	} {
		text := fill.Replace(tt.text)
		write(t, file, text)
		if err := os.Chmod(file, tt.mode); err != nil {
			t.Fatal(err)
		}
		c, err := Parse(t.Context(), file, []byte(text), machine(nil))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got, want := strings.Join(c.Warnings, "\n"), fill.Replace(tt.want); got != want {
			t.Errorf("%s: warnings %q, want %q", tt.name, got, want)
		}
	}
}
