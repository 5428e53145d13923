package plugin

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sluice/test/testenv"
)

// TestFaultsAfterSignals: Fluent Bit puts its own handlers back at SIGCONT and
// SIGHUP, the latter of which registers the plugin again. A fault in Go must be a
// panic all the same.
func TestFaultsAfterSignals(t *testing.T) {
	faulty := buildFaulty(t)
	// Few chunks: a flush between the signal and the registration would repair the
	// handlers before they are remembered wrongly.
	for _, signal := range []syscall.Signal{syscall.SIGCONT, syscall.SIGHUP} {
		t.Run(signal.String(), func(t *testing.T) {
			dir := t.TempDir()
			p, err := testenv.Start(testenv.Command{
				Path: program, Dir: dir, Log: filepath.Join(dir, "host.log"),
				Args: []string{"-e", faulty, "-o", "faulty", "--chunk-size", "1000", "--rate", "40", "--generate",
					"app=100000"},
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(p.Kill)
			recovered := func() int { return strings.Count(p.Log(), "recovered: ") }
			for range 4 { // the first time without a signal before it
				before := recovered()
				if err := testenv.Wait(t.Context(), p.Done(),
					func() bool { return recovered() > before+1 }); err != nil {
					t.Fatalf("%v: %v\n%s", signal, err, p.Log())
				}
				if err := p.Signal(signal); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// buildFaulty builds testdata/faulty with the real plugin's signals.c.
func buildFaulty(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, file := range []string{"test/plugin/testdata/faulty/main.go", "plugin/signals.c", "plugin/bridge.h"} {
		text, err := os.ReadFile(filepath.Join(source, file))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, filepath.Base(file)), text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module faulty\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-buildmode=c-shared", "-o", "faulty.so", ".")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return filepath.Join(dir, "faulty.so")
}
