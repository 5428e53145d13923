package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

// TestHelperInstall: the helper and a config file that runs it are written for a
// container.
func TestHelperInstall(t *testing.T) {
	builds := fstest.MapFS{"helpers/linux-arm64": {Data: []byte("arm")}, "helpers/linux-amd64": {Data: []byte("amd")}}
	dir := t.TempDir()
	for _, tt := range []struct {
		name   string
		in     installation
		config string // "" if it fails
		err    string
	}{
		{"default", installation{arch: "amd64", profile: "default"},
			"[default]\ncredential_process = DIR/sluice-credential-helper\n", ""},
		{"elsewhere", installation{arch: "arm64", profile: "logs", mount: "/sluice", region: "eu-central-1"},
			"[profile logs]\ncredential_process = /sluice/sluice-credential-helper\nregion = eu-central-1\n", ""},
		{"a space", installation{arch: "arm64", profile: "default", mount: "/a b"},
			"[default]\ncredential_process = \"/a b/sluice-credential-helper\"\n", ""},
		{"another architecture", installation{arch: "s390x"}, "",
			"this build of sluice contains no helper for linux/s390x: build sluice with make, for amd64 or arm64"},
		{"a quote", installation{arch: "arm64", region: `a"b`}, "",
			`--region "a\"b" cannot be written to an AWS config file: leave out quotes, brackets and line breaks`},
	} {
		tt.in.dir = filepath.Join(dir, tt.name)
		var out bytes.Buffer
		err := tt.in.write(world{stdout: &out}, builds)
		if tt.config == "" {
			if err == nil || err.Error() != tt.err {
				t.Errorf("%s: %v, want %s", tt.name, err, tt.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		config, err := os.ReadFile(filepath.Join(tt.in.dir, "config"))
		if want := fillDir(tt.config, tt.in.dir); err != nil || string(config) != want {
			t.Errorf("%s: the config file is %q, %v, want %q", tt.name, config, err, want)
		}
		program := filepath.Join(tt.in.dir, helperName)
		if info, err := os.Stat(program); err != nil || info.Mode().Perm() != 0o755 || info.Size() != 3 {
			t.Errorf("%s: the helper is %v, %v, want mode 0755", tt.name, info, err)
		}
		if want := program + "\n" + filepath.Join(tt.in.dir, "config") + "\n"; out.String() != want {
			t.Errorf("%s: it prints %q, want %q", tt.name, out.String(), want)
		}
	}
}
