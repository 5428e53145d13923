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

// tear appends half a frame to the one active segment, as a process does that is killed while it writes.
func tear(t *testing.T, dir string) {
	t.Helper()
	file, err := os.OpenFile(files(t, dir, "*.active")[0], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString("SLFR\xff\xff\x00\x00 and only a part of it"); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestStartOnAFullDisk: a torn tail for which there is no room in the quarantine is cut off all the same, for only
// shipping makes room.
func TestStartOnAFullDisk(t *testing.T) {
	fs := &faultyFS{}
	dir := t.TempDir()
	r := open(t, spool.Options{Dir: dir, FS: fs})
	r.append(t, "a", "one")
	copied := crash(t, dir)
	tear(t, copied)
	fs.write = syscall.ENOSPC
	told := ""
	again := open(t, spool.Options{Dir: copied, FS: fs, Warn: func(text string) { told = text }})
	if got := again.all(t); !slices.Equal(got, []string{"one"}) {
		t.Errorf("read %q", got)
	}
	if !strings.Contains(told, "could not be kept") || !strings.Contains(told, "never acknowledged") {
		t.Errorf("told %q", told)
	}
	if aside := files(t, copied, "quarantine/*"); len(aside) != 0 {
		t.Errorf("quarantine has %v", aside)
	}
}

// TestStartCannotSync: a tail that was cut off, and may come back with a crash, keeps its segment from being read, but
// not the others, until the disk is well.
func TestStartCannotSync(t *testing.T) {
	fs := &faultyFS{}
	dir := t.TempDir()
	r := open(t, spool.Options{Dir: dir, FS: fs})
	r.append(t, "a", "one")
	copied := crash(t, dir)
	tear(t, copied)
	fs.sync = syscall.EIO
	again := open(t, spool.Options{Dir: copied, FS: fs})
	read := func(spool.Frame) error { return nil }
	if len(again.sealed) != 1 {
		t.Fatalf("%d segments were found", len(again.sealed))
	}
	if _, err := again.sealed[0].Frames(read); err == nil {
		t.Error("a segment is read whose tail may come back")
	}
	fs.sync = nil
	if got := again.all(t); !slices.Equal(got, []string{"one"}) {
		t.Errorf("read %q", got)
	}
}

// TestCounterOnAFullDisk: a counter is kept where nothing can be written, for segments must go so that there is room.
func TestCounterOnAFullDisk(t *testing.T) {
	fs := &faultyFS{}
	dir := t.TempDir()
	for want := range uint64(3) {
		fs.write = nil
		r := open(t, spool.Options{Dir: dir, FS: fs})
		fs.write = syscall.ENOSPC
		c, err := r.Counter("index")
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Next(); got != want {
			t.Errorf("Take = %d, want %d", got, want)
		}
		if err := c.Persist(); err != nil {
			t.Fatal(err)
		}
		if found := files(t, dir, "index.*"); len(found) != 1 {
			t.Errorf("files %v", found)
		}
		if err := r.Close(0); err != nil {
			t.Log(err) // the journal of a full disk
		}
	}
}

// TestOlderCounter goes on from the number that an earlier version has kept in a file.
func TestOlderCounter(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "index"), []byte("41\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want := range uint64(3) {
		r := open(t, spool.Options{Dir: dir})
		c, err := r.Counter("index")
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Next(); got != 41+want {
			t.Errorf("Take = %d, want %d", got, 41+want)
		}
		if err := errors.Join(c.Persist(), r.Close(0)); err != nil {
			t.Fatal(err)
		}
	}
}
