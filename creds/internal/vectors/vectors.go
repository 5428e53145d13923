// Package vectors finds the published test vectors for credentials. Only tests use it. The vectors are others' work and
// not part of this repository.
package vectors

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// variable names the folder; by default it is beside the repository.
const variable = "SLUICE_VECTORS"

// Folder returns the folder of the vectors, whether it is there or not.
func Folder(t testing.TB) string {
	t.Helper()
	if folder := os.Getenv(variable); folder != "" {
		return folder
	}
	at, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for at != filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return filepath.Join(at, "..", "shared", "vectors")
		}
		at = filepath.Dir(at)
	}
	t.Fatal("no go.mod above the test")
	return ""
}

// Path returns the path of a file or folder of the vectors. Without vectors the test is skipped, and says so.
func Path(t testing.TB, name string) string {
	t.Helper()
	folder := Folder(t)
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("no published test vectors: set %s to the folder with smithy-rs and aws-c-auth: %v", variable, err)
	}
	return filepath.Join(folder, filepath.FromSlash(name))
}

// Decode reads a JSON file of the vectors.
func Decode(t testing.TB, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(Path(t, name))
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// Count fails if there were fewer cases than are known to be published.
func Count(t testing.TB, got, want int) {
	t.Helper()
	if got < want {
		t.Errorf("%d cases, want %d", got, want)
	}
}
