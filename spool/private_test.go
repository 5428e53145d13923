package spool_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/spool"
)

// nobody is another user.
const nobody = 65534

// TestPrivate: a folder that another user controls is refused, and the error says what to do.
func TestPrivate(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root may give a folder away")
	}
	chown := func(t *testing.T, dir string) {
		if err := os.Chown(dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	chmod := func(mode os.FileMode) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if err := os.Chmod(dir, mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name   string
		change func(t *testing.T, dir string)
		want   string // in the error; "" for none
	}{
		{"as it was made", func(*testing.T, string) {}, ""},
		{"read by others", chmod(0o755), ""},
		{"another user's", chown, "chown"},
		{"writable for all", chmod(0o777), "chmod go-w"},
		{"writable for the group", chmod(0o770), "chmod go-w"},
		{"sticky and writable for all", chmod(0o777 | os.ModeSticky), "chmod go-w"},
		{"another user's quarantine", func(t *testing.T, dir string) { chown(t, filepath.Join(dir, "quarantine")) },
			"chown"},
		{"another user's store_dir", func(t *testing.T, dir string) { chown(t, filepath.Dir(dir)) },
			"set another store_dir"},
		{"another user's folder below /tmp", func(t *testing.T, dir string) {
			up := filepath.Dir(filepath.Dir(dir))
			chown(t, up)
			chmod(0o777|os.ModeSticky)(t, filepath.Dir(up))
		}, "set another store_dir"},
		{"a volume that is writable for all", func(t *testing.T, dir string) { chmod(0o777)(t, filepath.Dir(dir)) },
			""},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "fluent-bit", "s3", "sluice.0")
			if err := os.MkdirAll(filepath.Join(dir, "quarantine"), 0o700); err != nil {
				t.Fatal(err)
			}
			c.change(t, dir)
			_, err := tryOpen(spool.Options{Dir: dir})
			text := fmt.Sprint(err)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("Open = %v", err)
			case c.want != "" && (!strings.Contains(text, c.want) || !strings.Contains(text, "store_dir")):
				t.Errorf("Open = %v, want an error with %q", err, c.want)
			}
		})
	}
}

// TestLinks: none of our files is opened through a link, whose target would be emptied, or read.
func TestLinks(t *testing.T) {
	for _, name := range []string{"lock", "recent"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			victim := filepath.Join(t.TempDir(), "victim")
			if err := os.WriteFile(victim, []byte("7\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(victim, filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
			told := ""
			r, err := tryOpen(spool.Options{Dir: dir, Deduplicate: true, Warn: func(text string) { told = text }})
			if err == nil {
				defer r.Close(0)
			}
			if err == nil && told == "" {
				t.Error("a link is taken without a word")
			}
			if text, err := os.ReadFile(victim); string(text) != "7\n" || err != nil {
				t.Errorf("the link's target is now %q, %v", text, err)
			}
		})
	}
}

// TestSegmentLink: a link that is called like a segment is not one.
func TestSegmentLink(t *testing.T) {
	dir := t.TempDir()
	r := open(t, spool.Options{Dir: dir})
	r.append(t, "a", "one")
	copied := crash(t, dir)
	name := files(t, copied, "*.active")[0]
	moved := filepath.Join(t.TempDir(), "moved")
	if err := os.Rename(name, moved); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(moved, name); err != nil {
		t.Fatal(err)
	}
	if again := open(t, spool.Options{Dir: copied}); len(again.sealed) != 0 {
		t.Errorf("a link was taken for a segment: %q", again.all(t))
	}
}
