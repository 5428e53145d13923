package dist

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sluice/test/testenv"
)

// Debian's emulator and cross compiler, and the folder of its C library.
const (
	emulator      = "qemu-aarch64-static"
	crossCompiler = "aarch64-linux-gnu-gcc"
	armLibraries  = "/usr/aarch64-linux-gnu"
)

// TestARM64 ships lines with the plugin that make dist has built for arm64, in an emulator and by a loader for arm64.
func TestARM64(t *testing.T) {
	built, err := filepath.Abs("../../build/dist/linux-arm64")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(built); err != nil {
		t.Skip("no programs for arm64 in build/dist: run make dist")
	}
	for _, program := range []string{emulator, crossCompiler} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	answers(t, "sluice ", filepath.Join(built, "sluice"), "version")
	answers(t, "SLUICE_CREDENTIAL_URL is not set", filepath.Join(built, "sluice-credential-helper"))

	dir := t.TempDir()
	loader := emulatedLoader(t, dir)
	t.Chdir(".") // the S3 server changes the working directory: back at the end
	server, err := testenv.StartS3(testenv.S3Config{Dir: t.TempDir(), Bucket: bucketName})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	keys, lines := testenv.OwnerKeys(), testenv.Orders(2000)
	if _, err := lines.WriteFile(dir); err != nil {
		t.Fatal(err)
	}
	err = loader.Ship(t.Context(), testenv.Shipment{
		Plugin: filepath.Join(built, "out_sluice.so"), Output: "sluice", Inputs: []testenv.Lines{lines}, Dir: dir,
		Properties: []testenv.Property{
			{Name: "bucket", Value: bucketName}, {Name: "endpoint", Value: server.Endpoint},
			{Name: "region", Value: server.Region}, {Name: "compression", Value: "gzip"},
			{Name: "store_dir", Value: filepath.Join(dir, "store")},
			{Name: "s3_key_format", Value: "/logs/$TAG/$UUID.gz"},
			{Name: "exit_timeout", Value: "60s"}, // the emulator is slow
		},
		Env: []string{"AWS_ACCESS_KEY_ID=" + keys.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + keys.SecretAccessKey},
	})
	if err != nil {
		t.Fatal(err)
	}
	tally := testenv.NewTally(lines)
	if err := tally.Bucket(t.Context(), server.Bucket(bucketName)); err != nil {
		t.Fatal(err)
	}
	t.Logf("counted in S3:\n%s", tally)
	if err := tally.Err(); err != nil {
		t.Error(err)
	}
}

// answers runs a program in the emulator, which prints a text among others, and may fail.
func answers(t *testing.T, text string, command ...string) {
	t.Helper()
	out, _ := exec.Command(emulator, command...).CombinedOutput()
	if !strings.Contains(string(out), text) {
		t.Errorf("%s prints %q, want %q in it", command, out, text)
	}
}

// emulatedLoader builds the loader for arm64, and a script that runs it in the emulator.
func emulatedLoader(t *testing.T, dir string) testenv.Loader {
	t.Helper()
	sources, err := filepath.Glob("../host/*.c")
	if err != nil {
		t.Fatal(err)
	}
	program, script := filepath.Join(dir, "flb-host"), filepath.Join(dir, "flb-host.sh")
	local(t, crossCompiler, slices.Concat([]string{"-std=gnu11", "-O2", "-rdynamic", "-o", program}, sources,
		[]string{"-ldl", "-lpthread"})...)
	text := fmt.Sprintf("#!/bin/sh\nexec %s -L %s %s \"$@\"\n", emulator, armLibraries, program)
	if err := os.WriteFile(script, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return testenv.Loader{Program: script}
}
