package standard_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/creds/standard"
)

// TestCheckProfile: a profile is right if it leads to credentials, whatever they are worth.
func TestCheckProfile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config")
	text := "[profile keys]\naws_access_key_id = a\naws_secret_access_key = b\n[profile bare]\nregion = eu-west-1\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"AWS_CONFIG_FILE": file, "HOME": "/no-home"}
	sources := standard.NewSources(standard.Environment{Getenv: func(name string) string { return env[name] }})
	defer sources.Close()
	for name, want := range map[string]string{
		"keys": "",
		"bare": "did not contain credential information",
		"key":  `profile "key": no such profile (files ` + file,
	} {
		err := sources.CheckProfile(standard.Options{Profile: name})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("CheckProfile(%s) = %v, want %q", name, err, want)
		}
	}
}
