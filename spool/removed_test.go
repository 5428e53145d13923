package spool_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"sluice/spool"
)

// TestQuarantineRemoved: a folder that was removed to make room is made again.
func TestQuarantineRemoved(t *testing.T) {
	dir := t.TempDir()
	r := open(t, spool.Options{Dir: dir})
	seg := r.append(t, "a", "one")
	if err := r.Seal(seg); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "quarantine")); err != nil {
		t.Fatal(err)
	}
	if n, err := r.Quarantined(); n != 0 || err != nil {
		t.Errorf("Quarantined = %d, %v", n, err)
	}
	to, err := r.Quarantine(seg, "a reason")
	if err != nil {
		t.Fatal(err)
	}
	reason, err := os.ReadFile(to + ".reason")
	if string(reason) != "a reason\n" || err != nil {
		t.Errorf("the reason is %q, %v", reason, err)
	}
}

// TestQuarantineOfRemoved: a segment that is gone is not tried again and again.
func TestQuarantineOfRemoved(t *testing.T) {
	dir := t.TempDir()
	r := open(t, spool.Options{Dir: dir})
	seg := r.append(t, "a", "one")
	if err := r.Seal(seg); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Quarantine(seg, "a reason"); !errors.Is(err, spool.ErrVanished) || r.Used() != 0 {
		t.Errorf("Quarantine = %v, %d bytes used", err, r.Used())
	}
}

// TestFolderRemoved: chunks are still accepted when the whole folder was removed, and the new one is locked, and
// remembers what comes.
func TestFolderRemoved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	told := ""
	r := open(t, spool.Options{Dir: dir, Deduplicate: true, Warn: func(text string) { told = text }})
	r.append(t, "a", "lost")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := r.tryAppend("a", "one"); !errors.Is(err, spool.ErrVanished) {
		t.Errorf("Append to a file that was removed = %v", err)
	}
	r.append(t, "a", "one")
	if !strings.Contains(told, "was removed") {
		t.Errorf("told %q", told)
	}
	if _, err := tryOpen(spool.Options{Dir: dir}); !errors.Is(err, spool.ErrLocked) {
		t.Errorf("Open of the folder that was made again = %v", err)
	}
	second := r.append(t, "a", "two")
	if err := r.Seal(second); err != nil {
		t.Fatal(err)
	}
	if err := r.Commit(second); err != nil {
		t.Fatal(err)
	}
	again := open(t, spool.Options{Dir: crash(t, dir), Deduplicate: true})
	for _, data := range []string{"one", "two"} {
		if _, err := again.tryAppend("a", data); !errors.Is(err, spool.ErrDuplicate) {
			t.Errorf("%q comes again after a crash: %v", data, err)
		}
	}
	if got := again.all(t); !slices.Equal(got, nil) {
		t.Errorf("after the crash there are %q", got)
	}
}

// statFS cannot say whether a file was removed.
type statFS struct {
	spool.OS
	err error
}

func (fs *statFS) Create(name string) (spool.File, error) {
	f, err := fs.OS.Create(name)
	return statFile{f, fs}, err
}

type statFile struct {
	spool.File
	fs *statFS
}

func (f statFile) Removed() (bool, error) { return false, f.fs.err }

// TestStatFails: a file that cannot be looked at is not one that was removed, and what it has is not lost.
func TestStatFails(t *testing.T) {
	fs := &statFS{}
	r := open(t, spool.Options{Dir: t.TempDir(), FS: fs})
	r.append(t, "a", "one")
	fs.err = syscall.EIO
	if _, err := r.tryAppend("a", "two"); !errors.Is(err, syscall.EIO) || errors.Is(err, spool.ErrVanished) {
		t.Errorf("Append = %v, want the disk's error alone", err)
	}
	if got := r.all(t); !slices.Equal(got, []string{"one"}) {
		t.Errorf("read %q", got)
	}
}
