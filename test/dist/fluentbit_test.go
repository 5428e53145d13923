package dist

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"sluice/test/testenv"
)

// The files of Fluent Bit's own package that matter here, in its form.
var fluentBitFiles = map[string]string{
	"DEBIAN/control": "Package: fluent-bit\nVersion: 5.1.1\nArchitecture: " + runtime.GOARCH + "\nMaintainer: test\n" +
		"Description: Fluent Bit, packed for a test\n",
	"DEBIAN/conffiles": "/etc/fluent-bit/fluent-bit.conf\n/etc/fluent-bit/plugins.conf\n",
	"etc/fluent-bit/fluent-bit.conf": "[SERVICE]\n    plugins_file plugins.conf\n[INPUT]\n    Name cpu\n" +
		"[OUTPUT]\n    Name null\n    Match *\n",
	"etc/fluent-bit/plugins.conf": "[PLUGINS]\n    # Path /path/to/out_gstdout.so\n",
	"lib/systemd/system/fluent-bit.service": `[Unit]
Description=Fluent Bit
Requires=network.target
After=network.target

[Service]
Type=simple
EnvironmentFile=-/etc/default/fluent-bit
ExecStart=/opt/fluent-bit/bin/fluent-bit -c //etc/fluent-bit/fluent-bit.conf
Restart=always

[Install]
WantedBy=multi-user.target
`,
}

// fluentBitPackage packs this machine's Fluent Bit.
func fluentBitPackage(t *testing.T) (file string) {
	t.Helper()
	program, err := testenv.FindFluentBit()
	if err != nil {
		t.Skip("no fluent-bit: set FLUENT_BIT, or have it on the PATH")
	}
	root := filepath.Join(t.TempDir(), "fluent-bit")
	for name, content := range fluentBitFiles {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	local(t, "install", "-D", program, filepath.Join(root, "opt/fluent-bit/bin/fluent-bit"))
	file = filepath.Join(t.TempDir(), "fluent-bit.deb")
	local(t, "dpkg-deb", "-Znone", "--root-owner-group", "--build", root, file)
	return file
}

// sluicePackage finds the package that "make dist" has made.
func sluicePackage(t *testing.T, pattern string) (file string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join("../../dist", pattern))
	if err != nil || len(found) != 1 {
		t.Skipf("there is not one %s in dist/ (%v): run make dist", pattern, found)
	}
	file, err = filepath.Abs(found[0]) // the test may change the working directory
	if err != nil {
		t.Fatal(err)
	}
	return file
}
