package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// pluginsConf runs the script of the packages on a file.
func pluginsConf(t *testing.T, action, file string) {
	t.Helper()
	if out, err := exec.Command("sh", "files/plugins-conf", action, file).CombinedOutput(); err != nil {
		t.Fatalf("plugins-conf %s: %v\n%s", action, err, out)
	}
}

const block = `    # BEGIN sluice: the package fluent-bit-sluice added the next line
    Path /usr/lib/fluent-bit/out_sluice.so
    # END sluice
`

func TestPluginsConf(t *testing.T) {
	for _, test := range []struct{ name, before, after string }{
		{"as Fluent Bit's package has it", "[PLUGINS]\n    # Path /path/to/out_gstdout.so\n",
			"[PLUGINS]\n" + block + "    # Path /path/to/out_gstdout.so\n"},
		{"others", "# mine\n[plugins] \n  Path /opt/a.so\n  Path /opt/b.so\n\n",
			"# mine\n[plugins] \n" + block + "  Path /opt/a.so\n  Path /opt/b.so\n\n"},
		{"no section", "# nothing yet\n",
			"# nothing yet\n" +
				strings.Replace(strings.ReplaceAll(block, "    #", "#"), "line\n", "line\n[PLUGINS]\n", 1)},
		{"already there", "[PLUGINS]\n  Path /opt/out_sluice.so\n", "[PLUGINS]\n  Path /opt/out_sluice.so\n"},
		{"only in a comment", "[PLUGINS]\n  # Path out_sluice.so\n",
			"[PLUGINS]\n" + block + "  # Path out_sluice.so\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "plugins.conf")
			if err := os.WriteFile(file, []byte(test.before), 0o640); err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second time changes nothing
				pluginsConf(t, "add", file)
				expect(t, file, test.after)
			}
			for range 2 {
				pluginsConf(t, "remove", file)
				expect(t, file, test.before)
			}
		})
	}
}

func expect(t *testing.T, file, want string) {
	t.Helper()
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if entries, _ := os.ReadDir(filepath.Dir(file)); len(entries) != 1 {
		t.Errorf("something is left beside it: %v", entries)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("its mode has changed: %v, %v", info.Mode(), err)
	}
}

func TestPluginsConfFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "plugins.conf")
	if err := os.WriteFile(target, []byte("[PLUGINS]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("target", link); err != nil {
		t.Fatal(err)
	}
	pluginsConf(t, "add", link)
	if got, _ := os.Readlink(link); got != "target" {
		t.Errorf("the link is now %q", got)
	}
	if got, _ := os.ReadFile(target); string(got) != "[PLUGINS]\n"+block {
		t.Errorf("got %q", got)
	}
}

func TestPluginsConfMissing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "plugins.conf")
	pluginsConf(t, "add", file)
	pluginsConf(t, "remove", file)
	if _, err := os.Stat(file); err == nil {
		t.Error("it made a file that Fluent Bit's package then finds in its way")
	}
}
