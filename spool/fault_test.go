package spool_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sluice/spool"
)

// faultyFS is a disk on which calls can be made to fail.
type faultyFS struct {
	spool.OS
	write, sync, truncate, syncDir, remove error  // what the next such calls return
	good                                   int    // writes that go well before one fails
	half                                   bool   // a failing write leaves half of it
	kept                                   uint64 // if not 0, remove is for this segment alone
	syncs                                  int
}

func (fs *faultyFS) SyncDir(dir string) error {
	if fs.syncDir != nil {
		return fs.syncDir
	}
	return fs.OS.SyncDir(dir)
}

func (fs *faultyFS) Create(name string) (spool.File, error) {
	f, err := fs.OS.Create(name)
	return faultyFile{f, fs}, err
}

func (fs *faultyFS) Open(name string) (spool.File, error) {
	f, err := fs.OS.Open(name)
	return faultyFile{f, fs}, err
}

func (fs *faultyFS) Remove(name string) error {
	if fs.remove != nil && (fs.kept == 0 || strings.Contains(name, fmt.Sprintf("%016x", fs.kept))) {
		return fs.remove
	}
	return fs.OS.Remove(name)
}

type faultyFile struct {
	spool.File
	fs *faultyFS
}

func (f faultyFile) WriteAt(b []byte, off int64) (int, error) {
	if f.fs.write == nil {
		return f.File.WriteAt(b, off)
	}
	if f.fs.good > 0 {
		f.fs.good--
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

// A chunk is either accepted, and recovered, or refused, and gone.
func TestFailingDisk(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault faultyFS
	}{
		{"disk full", faultyFS{write: syscall.ENOSPC}},
		{"disk full in the middle of a frame", faultyFS{write: syscall.ENOSPC, half: true}},
		{"disk full behind the first piece of a frame", faultyFS{write: syscall.ENOSPC, good: 1}},
		{"disk full and nothing can be cut", faultyFS{write: syscall.ENOSPC, half: true, truncate: syscall.EIO}},
		{"fsync fails", faultyFS{sync: syscall.EIO}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			fs := &faultyFS{}
			r := open(t, spool.Options{Dir: dir, FS: fs})
			r.append(t, "a", "one")
			*fs = c.fault
			if _, err := r.tryAppend("a", strings.Repeat("refused", 100_000)); !errors.Is(err, syscall.ENOSPC) &&
				!errors.Is(err, syscall.EIO) {
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
			if err := r.Close(0); err != nil {
				t.Fatal(err)
			}
			got = r.all(t)
			if slices.Sort(got); !slices.Equal(got, []string{"one", "two"}) {
				t.Errorf("after closing: %q, want one and two", got)
			}
		})
	}
}

// TestCommitIsDone: when a segment is gone, it is gone, whatever the folder says.
func TestCommitIsDone(t *testing.T) {
	fs := &faultyFS{}
	var told string
	r := open(t, spool.Options{Dir: t.TempDir(), FS: fs, Warn: func(text string) { told = text }})
	seg := r.append(t, "a", "one")
	if err := r.Seal(seg); err != nil {
		t.Fatal(err)
	}
	fs.syncDir = syscall.EMFILE
	if err := r.Commit(seg); err != nil || r.Used() != 0 || told == "" {
		t.Errorf("Commit = %v, %d bytes used, told %q", err, r.Used(), told)
	}
	fs.syncDir = nil
}

// TestCommitMany: one sync of the journal is enough for many segments, and one that cannot be removed does not
// keep the others.
func TestCommitMany(t *testing.T) {
	fs := &faultyFS{}
	r := open(t, spool.Options{Dir: t.TempDir(), FS: fs, Deduplicate: true})
	for _, stream := range []string{"a", "b", "c"} {
		r.append(t, stream, "chunk of "+stream)
	}
	if _, err := r.SealOpened(time.Now()); err != nil {
		t.Fatal(err)
	}
	before := fs.syncs
	fs.remove, fs.kept = syscall.EROFS, r.sealed[1].ID
	if err := r.Commit(r.sealed...); !errors.Is(err, syscall.EROFS) || r.Used() != r.sealed[1].Size() {
		t.Errorf("Commit = %v, %d bytes used, want an error and the %d of one segment", err, r.Used(),
			r.sealed[1].Size())
	}
	if fs.syncs != before+1 {
		t.Errorf("a commit of three segments made %d syncs, want 1", fs.syncs-before)
	}
	fs.remove = nil
	if err := r.Commit(r.sealed...); err != nil || r.Used() != 0 {
		t.Errorf("Commit once more = %v, %d bytes used", err, r.Used())
	}
}

// slowFS holds up one rename.
type slowFS struct {
	spool.OS
	hold    chan struct{} // closed to go on
	reached chan struct{} // closed when it is held up
	arm     bool
}

func (fs *slowFS) Rename(from, to string) error {
	if fs.arm {
		fs.arm = false
		close(fs.reached)
		<-fs.hold
	}
	return fs.OS.Rename(from, to)
}

// TestSealedInOrder: while one segment is being sealed, slowly, the next of its
// stream is not handed over before it, and SealOpened waits for both.
func TestSealedInOrder(t *testing.T) {
	fs := &slowFS{hold: make(chan struct{}), reached: make(chan struct{})}
	r := open(t, spool.Options{Dir: t.TempDir(), FS: fs})
	first := r.append(t, "a", "one")
	fs.arm = true
	var sealing sync.WaitGroup
	sealing.Go(func() {
		if err := r.Seal(first); err != nil {
			t.Error(err)
		}
	})
	<-fs.reached
	second := r.append(t, "a", "two")
	if second == first {
		t.Fatal("a segment that is being sealed takes frames")
	}
	sealing.Go(func() {
		if err := r.Seal(second); err != nil {
			t.Error(err)
		}
	})
	all := make(chan []string)
	go func() {
		if _, err := r.SealOpened(time.Unix(1<<40, 0)); err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		all <- r.all(t)
	}()
	close(fs.hold)
	if got := <-all; !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("when SealOpened returns, %q have been handed over, want one and two", got)
	}
	sealing.Wait()
}

// damage flips a bit of each of these bytes of the one active segment's file.
func damage(t *testing.T, dir string, offsets ...int) {
	t.Helper()
	name := files(t, dir, "*.active")[0]
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range offsets {
		b[at] ^= 0x80
	}
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDamagedHeader: a header that cannot be read has a copy. Without that one an
// active segment that has frames is not mistaken for one that was just created.
func TestDamagedHeader(t *testing.T) {
	dir := t.TempDir()
	r := open(t, spool.Options{Dir: dir})
	r.append(t, "a", "one")
	header := len("SLUICE..") + 1 + len("sluice") + 8 + 4 + len("a") + len("meta of a")
	for at := range header {
		copied := crash(t, dir)
		damage(t, copied, at)
		told := ""
		again := open(t, spool.Options{Dir: copied, Warn: func(text string) { told = text }})
		if got := again.all(t); !slices.Equal(got, []string{"one"}) || again.sealed[0].Stream != "a" ||
			string(again.sealed[0].Meta) != "meta of a" || !strings.Contains(told, "copy") {
			t.Errorf("byte %d flipped: %q in %q for %q, told %q", at, got, again.sealed[0].Stream, again.sealed[0].Meta,
				told)
		}
		copied = crash(t, dir)
		damage(t, copied, at, header+at)
		told = ""
		open(t, spool.Options{Dir: copied, Warn: func(text string) { told = text }})
		if len(files(t, copied, "quarantine/*.segment")) != 1 || told == "" {
			t.Errorf("byte %d flipped twice: quarantine has %v, told %q", at, files(t, copied, "quarantine/*"), told)
		}
	}
}

// TestAnyFlippedBit: whatever bit of a segment's file is flipped, only the frame that
// it is in is missing, and what is missing is named, and kept.
func TestAnyFlippedBit(t *testing.T) {
	chunks := []string{"one", "two", "three"}
	for _, pattern := range []string{"*.active", "*.sealed"} {
		dir := t.TempDir()
		r := open(t, spool.Options{Dir: dir})
		var ends []int64 // of the frames
		for _, data := range chunks {
			ends = append(ends, r.append(t, "a", data).Size())
		}
		if pattern == "*.sealed" {
			if _, err := r.SealOpened(time.Unix(1<<40, 0)); err != nil {
				t.Fatal(err)
			}
		}
		whole, err := os.ReadFile(files(t, dir, pattern)[0])
		if err != nil {
			t.Fatal(err)
		}
		start := ends[0] - (ends[1] - ends[0]) // "one" and "two" have the same length
		for at := range whole {
			var want []string
			hit := -1
			for n, data := range chunks {
				if from := append([]int64{start}, ends...)[n]; int64(at) >= from && int64(at) < ends[n] {
					hit = n
					continue
				}
				want = append(want, data)
			}
			copied := crash(t, dir)
			flipped := slices.Clone(whole)
			flipped[at] ^= 1 << (at % 8)
			if err := os.WriteFile(files(t, copied, pattern)[0], flipped, 0o600); err != nil {
				t.Fatal(err)
			}
			var told []string
			again := open(t, spool.Options{Dir: copied, Warn: func(text string) { told = append(told, text) }})
			got, damage := again.readable(t)
			if !slices.Equal(got, want) {
				t.Errorf("%s, byte %d flipped: read %q, want %q", pattern, at, got, want)
			}
			kept := len(damage) > 0 || len(files(t, copied, "quarantine/*.tail")) == 1
			if hit >= 0 && (!kept || len(damage)+len(told) == 0) {
				t.Errorf("%s, byte %d flipped: %q is missing, damage %v, told %q", pattern, at, chunks[hit], damage,
					told)
			}
		}
	}
}

// TestRemovedFile: what is appended to a deleted file could never be found.
func TestRemovedFile(t *testing.T) {
	dir := t.TempDir()
	r := open(t, spool.Options{Dir: dir})
	r.append(t, "a", "one")
	if err := os.Remove(files(t, dir, "*.active")[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := r.tryAppend("a", "two"); !errors.Is(err, spool.ErrVanished) {
		t.Errorf("Append to a file that was removed = %v", err)
	}
	r.append(t, "a", "two")
	if got, _ := frames(t, r.append(t, "a", "three")); !slices.Equal(got, []string{"two", "three"}) {
		t.Errorf("the next segment has %q", got)
	}
}
