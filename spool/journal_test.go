package spool

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// syncFS is a disk whose syncs fail.
type syncFS struct {
	OS
	file, dir error
}

func (fs *syncFS) Create(name string) (File, error) {
	f, err := fs.OS.Create(name)
	return syncFile{f, fs}, err
}

func (fs *syncFS) SyncDir(dir string) error {
	if fs.dir != nil {
		return fs.dir
	}
	return fs.OS.SyncDir(dir)
}

type syncFile struct {
	File
	fs *syncFS
}

func (f syncFile) Sync() error {
	if f.fs.file != nil {
		return f.fs.file
	}
	return f.File.Sync()
}

// TestJournalAddFails: records that could not be added are never read, whatever of them came to the disk.
func TestJournalAddFails(t *testing.T) {
	now := time.Unix(1000, 0)
	record := func(n uint64) chunkSeen { return chunkSeen{name: chunkName{n, n, 1}, seen: now, kind: kindRemoved} }
	for _, c := range []struct {
		name  string
		fails func(fs *syncFS, err error)
	}{
		{"file", func(fs *syncFS, err error) { fs.file = err }},
		{"file and folder", func(fs *syncFS, err error) { fs.file, fs.dir = err, err }},
	} {
		t.Run(c.name, func(t *testing.T) {
			fs := &syncFS{}
			j := &journal{fs: fs, path: filepath.Join(t.TempDir(), "recent"), writer: "x"}
			if err := j.replace(state{1, now}, nil); err != nil {
				t.Fatal(err)
			}
			c.fails(fs, syscall.EIO)
			if err := j.add([]chunkSeen{record(1), record(2), record(3)}); err == nil {
				t.Error("a failed sync is not told")
			}
			want := func(n int) {
				t.Helper()
				if _, found, err := readJournal(fs, j.path); err != nil || len(found) != n {
					t.Errorf("%d records are read, %v, want %d", len(found), err, n)
				}
			}
			want(0)
			c.fails(fs, nil)
			if err := j.add([]chunkSeen{record(9)}); err != nil {
				t.Fatal(err)
			}
			want(1)
		})
	}
}

// TestJournalName: as long as the name of a new file may not outlast a crash, nothing is said to be added to it.
func TestJournalName(t *testing.T) {
	fs := &syncFS{dir: syscall.EIO}
	j := &journal{fs: fs, path: filepath.Join(t.TempDir(), "recent"), writer: "x"}
	now := time.Unix(1000, 0)
	if err := j.replace(state{1, now}, nil); err == nil {
		t.Error("a failed sync of the folder is not told")
	}
	record := []chunkSeen{{name: chunkName{1, 1, 1}, seen: now}}
	if err := j.add(record); err == nil {
		t.Error("a record was added to a file whose name may be gone after a crash")
	}
	fs.dir = nil
	if err := j.add(record); err != nil {
		t.Fatal(err)
	}
	if _, found, err := readJournal(fs, j.path); err != nil || len(found) != 1 {
		t.Errorf("%d records are read, %v, want 1", len(found), err)
	}
}
