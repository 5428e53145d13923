package profile_test

import (
	"strings"
	"testing"

	"sluice/creds/profile"
)

// parse parses files that must be valid.
func parse(t *testing.T, config, credentials string) *profile.Files {
	t.Helper()
	f, err := profile.Parse([]byte(config), []byte(credentials))
	if err != nil {
		t.Fatalf("Parse(%q, %q): %v", config, credentials, err)
	}
	return f
}

// lines joins lines into a file.
func lines(l ...string) string { return strings.Join(l, "\n") + "\n" }
