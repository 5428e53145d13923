package disk_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sluice/creds/disk"
)

// toNew is a change of a file's content.
func toNew([]byte) ([]byte, error) { return []byte("new"), nil }

func TestUpdate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token.json")
	if err := os.WriteFile(path, []byte("a rather long old content"), 0o600); err != nil {
		t.Fatal(err)
	}
	failed := errors.New("no")
	for _, c := range []struct {
		name   string
		change func([]byte) ([]byte, error)
		want   string
		err    error
	}{
		{"nothing to do", func([]byte) ([]byte, error) { return nil, nil }, "a rather long old content", nil},
		{"failed", func([]byte) ([]byte, error) { return []byte("half"), failed }, "a rather long old content", failed},
		{"shorter", func(old []byte) ([]byte, error) { return old[:8], nil }, "a rather", nil},
		{"longer", func(old []byte) ([]byte, error) { return []byte(strings.Repeat(string(old), 5000)), nil },
			strings.Repeat("a rather", 5000), nil},
	} {
		if err := (disk.OS{}).Update(t.Context(), path, c.change); !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", c.name, err, c.err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != c.want {
			t.Errorf("%s: %d bytes, %v, want %d", c.name, len(got), err, len(c.want))
		}
	}
	if left, _ := filepath.Glob(path + ".*.tmp"); len(left) > 0 {
		t.Errorf("%v was left behind", left)
	}
}

// TestUpdateKeepsTheOwner: a user's token that root refreshes stays the user's.
func TestUpdateKeepsTheOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	path := filepath.Join(t.TempDir(), "token.json")
	if err := errors.Join(os.WriteFile(path, []byte("old"), 0o600), os.Chown(path, 4242, 4243)); err != nil {
		t.Fatal(err)
	}
	if err := (disk.OS{}).Update(t.Context(), path, toNew); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + ".lock"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if s := info.Sys().(*syscall.Stat_t); s.Uid != 4242 || s.Gid != 4243 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s belongs to %d:%d and has mode %v, want 4242:4243 and 0600", name, s.Uid, s.Gid, info.Mode())
		}
	}
}
