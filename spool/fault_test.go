package spool_test

import (
	"errors"
	"slices"
	"syscall"
	"testing"

	"sluice/spool"
)

// faultyFS is a disk on which calls can be made to fail.
type faultyFS struct {
	spool.OS
	write, sync, truncate error // what the next such calls return
	half                  bool  // a failing write leaves half of it
	syncs                 int
}

func (fs *faultyFS) Create(name string) (spool.File, error) {
	f, err := fs.OS.Create(name)
	return faultyFile{f, fs}, err
}

type faultyFile struct {
	spool.File
	fs *faultyFS
}

func (f faultyFile) WriteAt(b []byte, off int64) (int, error) {
	if f.fs.write == nil {
		return f.File.WriteAt(b, off)
	}
	if f.fs.half {
		f.File.WriteAt(b[:len(b)/2], off)
	}
	return len(b) / 2, f.fs.write
}

func (f faultyFile) Sync() error {
	f.fs.syncs++
	if f.fs.sync != nil {
		return f.fs.sync
	}
	return f.File.Sync()
}

func (f faultyFile) Truncate(size int64) error {
	if f.fs.truncate != nil {
		return f.fs.truncate
	}
	return f.File.Truncate(size)
}

func TestEveryAppendIsSynced(t *testing.T) {
	fs := &faultyFS{}
	r := open(t, spool.Options{Dir: t.TempDir(), FS: fs})
	r.append(t, "a", "one")
	for range 3 {
		before := fs.syncs
		r.append(t, "a", "more")
		if fs.syncs != before+1 {
			t.Errorf("an append made %d syncs, want 1", fs.syncs-before)
		}
	}
}

// A chunk is either taken, and recovered, or refused, and gone.
func TestFailingDisk(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault faultyFS
	}{
		{"disk full", faultyFS{write: syscall.ENOSPC}},
		{"disk full in the middle of a frame", faultyFS{write: syscall.ENOSPC, half: true}},
		{"disk full and nothing can be cut", faultyFS{write: syscall.ENOSPC, half: true, truncate: syscall.EIO}},
		{"fsync fails", faultyFS{sync: syscall.EIO}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			fs := &faultyFS{}
			r := open(t, spool.Options{Dir: dir, FS: fs})
			r.append(t, "a", "one")
			*fs = c.fault
			if _, err := r.tryAppend("a", "refused"); !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EIO) {
				t.Errorf("Append on a failing disk = %v", err)
			}
			if _, err := r.tryAppend("new stream", "refused"); err == nil {
				t.Error("a new segment was opened on a failing disk")
			}
			*fs = faultyFS{}
			r.append(t, "a", "two")
			again := open(t, spool.Options{Dir: crash(t, dir)})
			got, damage := again.readable(t)
			if wantDamage := c.fault.truncate != nil; (len(damage) > 0) != wantDamage {
				t.Errorf("damage after a crash: %v, want some: %v", damage, wantDamage)
			}
			if slices.Sort(got); !slices.Equal(got, []string{"one", "two"}) {
				t.Errorf("after a crash: %q, want one and two", got)
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			got = r.all(t)
			if slices.Sort(got); !slices.Equal(got, []string{"one", "two"}) {
				t.Errorf("after closing: %q, want one and two", got)
			}
		})
	}
}
