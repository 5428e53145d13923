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

// TestUpdateGivesNoFileAway: a folder that a user can write has a link in place of root's lock. Root must not give away
// what the link points to.
func TestUpdateGivesNoFileAway(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	for _, c := range []struct {
		name, target string // of the link at the lock's name
		hard         bool
	}{
		{name: "a file elsewhere", target: "../shadow"},
		{name: "a file beside it", target: "beside"},
		{name: "a hard link", target: "../shadow", hard: true},
		{name: "a file that is not there", target: "../made"},
		{name: "a file beside it that is not there", target: "made"},
	} {
		root := t.TempDir()
		home := filepath.Join(root, "home")
		path := filepath.Join(home, "token.json")
		target := filepath.Join(home, c.target)
		link := os.Symlink
		if c.hard {
			link = func(_, name string) error { return os.Link(target, name) }
		}
		if err := errors.Join(
			os.Mkdir(home, 0o700),
			os.WriteFile(path, []byte("old"), 0o600),
			os.Chown(path, 4242, 4242),
			os.Chown(home, 4242, 4242),
			os.WriteFile(filepath.Join(root, "shadow"), nil, 0o600),
			os.WriteFile(filepath.Join(home, "beside"), nil, 0o600),
			link(c.target, path+".lock"),
		); err != nil {
			t.Fatal(err)
		}
		err := disk.OS{}.Update(t.Context(), path, toNew)
		if !c.hard &&
			(err == nil || !strings.Contains(err.Error(), path+".lock") ||
				!strings.Contains(err.Error(), "remove it")) {
			t.Errorf("%s: %v, want an error that names the lock and the remedy", c.name, err)
		}
		info, err := os.Stat(target)
		if errors.Is(err, os.ErrNotExist) && filepath.Base(target) == "made" {
			continue
		}
		if err != nil || filepath.Base(target) == "made" {
			t.Errorf("%s: %v was made, %v", c.name, info, err)
			continue
		}
		if uid := info.Sys().(*syscall.Stat_t).Uid; uid != 0 {
			t.Errorf("%s: root's file belongs to %d now", c.name, uid)
		}
	}
}

// TestUpdateKeepsALink: a token that is a link stays one, and the file that it points to is updated, even in another
// folder.
func TestUpdateKeepsALink(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	link, target := filepath.Join(dir, "token.json"), filepath.Join(other, "real.json")
	if err := errors.Join(os.WriteFile(target, []byte("old"), 0o600), os.Symlink(target, link)); err != nil {
		t.Fatal(err)
	}
	if err := (disk.OS{}).Update(t.Context(), link, toNew); err != nil {
		t.Fatal(err)
	}
	if to, err := os.Readlink(link); err != nil || to != target {
		t.Errorf("the link points to %q, %v, want %q", to, err, target)
	}
	if got, err := os.ReadFile(target); err != nil || string(got) != "new" {
		t.Errorf("the target has %q, %v, want the new content", got, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.*.*")); len(left) > 0 {
		t.Errorf("%v is beside the link, want the lock beside the target", left)
	}
}

// TestUpdateWantsAFile: what is not a regular file is not read, since it might never end.
func TestUpdateWantsAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token.json")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	err := disk.OS{}.Update(t.Context(), path, toNew)
	if err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("%v, want an error that says what it is", err)
	}
}
