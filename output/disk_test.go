package output_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"sluice/spool"
)

// illFS is a disk that can be made to fail while an output runs.
type illFS struct {
	spool.OS
	readOnly atomic.Bool  // syncs write and fail, and nothing else is changed
	lost     atomic.Int64 // a block that cannot be read begins here; 0 is none
}

func (fs *illFS) Create(name string) (spool.File, error) {
	f, err := fs.OS.Create(name)
	return illFile{f, fs}, err
}

func (fs *illFS) Open(name string) (spool.File, error) {
	f, err := fs.OS.Open(name)
	return illFile{f, fs}, err
}

func (fs *illFS) Remove(name string) error {
	if fs.readOnly.Load() {
		return syscall.EROFS
	}
	return fs.OS.Remove(name)
}

type illFile struct {
	spool.File
	fs *illFS
}

func (f illFile) Sync() error {
	if f.fs.readOnly.Load() {
		return syscall.EIO
	}
	return f.File.Sync()
}

func (f illFile) Truncate(size int64) error {
	if f.fs.readOnly.Load() {
		return syscall.EROFS
	}
	return f.File.Truncate(size)
}

func (f illFile) ReadAt(b []byte, off int64) (int, error) {
	if from := f.fs.lost.Load(); from > 0 && off < from+4096 && off+int64(len(b)) > from {
		return 0, syscall.EIO
	}
	return f.File.ReadAt(b, off)
}

// copied is what the next process finds when this one is killed now.
func (r *rig) copied() *rig {
	r.t.Helper()
	again := &rig{t: r.t, dir: filepath.Join(r.t.TempDir(), "spool"), s3: r.s3}
	if err := os.CopyFS(again.dir, os.DirFS(r.dir)); err != nil {
		r.t.Fatal(err)
	}
	for _, dir := range []string{again.dir, filepath.Join(again.dir, "quarantine")} {
		if err := os.Chmod(dir, 0o700); err != nil {
			r.t.Fatal(err)
		}
	}
	return again
}

// TestRefusedChunkIsNotLost: a chunk is refused since its sync fails, and cannot be cut off. Its segment is not
// stored without it: the next start finds it on the disk, answers OK when it is delivered again, and has to ship it.
func TestRefusedChunkIsNotLost(t *testing.T) {
	for _, deduplicate := range []bool{true, false} {
		t.Run(fmt.Sprint("deduplicate ", deduplicate), func(t *testing.T) {
			setting := fmt.Sprint("deduplicate=", deduplicate)
			r := newRig(t)
			disk := &illFS{}
			r.fs = disk
			out := r.open("upload_timeout=1s", setting)
			r.flush(out, "app", record("first"))
			disk.readOnly.Store(true)
			if err := out.Flush("app", record("second")); err == nil {
				t.Fatal("a chunk is taken that could not be synced")
			}
			r.wait("its segment is tried", func() bool { return strings.Contains(r.log.String(), "cut off") })
			again := r.copied()
			disk.readOnly.Store(false)
			next := again.open(setting)
			again.flush(next, "app", record("second"))
			again.close(next, plenty)
			for _, text := range []string{"first", "second"} {
				if !strings.Contains(r.s3.Text(), text) {
					t.Errorf("%q was answered OK and is in none of the objects %q", text, r.s3.Text())
				}
			}
			r.close(out, plenty)
		})
	}
}

// TestBadSectorWhileRunning: what the disk can still read of a segment is shipped, the segment is quarantined, and its
// stream goes on. It does not count as an outage of the server.
func TestBadSectorWhileRunning(t *testing.T) {
	r := newRig(t)
	disk := &illFS{}
	r.fs = disk
	out := r.open("upload_timeout=1s")
	for range 5 {
		r.flush(out, "app", many(3000))
	}
	disk.lost.Store(8192)
	r.wait("the segment is put aside", func() bool { return len(r.quarantine()) == 1 })
	if n := strings.Count(r.s3.Text(), "\n"); n == 0 || n >= 15 {
		t.Errorf("%d records of 15 are stored, want most of them", n)
	}
	if reason := r.quarantine()[0]; !strings.Contains(reason, "input/output error") {
		t.Errorf("the reason is %q", reason)
	}
	if strings.Contains(r.log.String(), "upload failed") {
		t.Error("the disk's failure was taken for the server's")
	}
	disk.lost.Store(0)
	r.flush(out, "app", record("later"))
	r.close(out, plenty)
	if !strings.Contains(r.s3.Text(), "later") {
		t.Error("what came later in the stream is not stored")
	}
}

// TestQuarantineRemovedWhileRunning: a segment that is to be quarantined does not block its stream.
func TestQuarantineRemovedWhileRunning(t *testing.T) {
	r := newRig(t)
	out := r.open("upload_timeout=1s")
	if err := os.RemoveAll(filepath.Join(r.dir, "quarantine")); err != nil {
		t.Fatal(err)
	}
	r.flush(out, "app", append(record("good"), 0x01)) // an integer is not a log event
	r.wait("the segment is put aside", func() bool { return len(r.quarantine()) == 1 })
	r.flush(out, "app", record("later"))
	r.close(out, plenty)
	if text := r.s3.Text(); !strings.Contains(text, "good") || !strings.Contains(text, "later") ||
		len(r.segments()) > 0 {
		t.Errorf("stored %q, left %v", text, r.segments())
	}
}

// TestFullSpoolIsSealed: active segments that fill the spool are shipped at once, and chunks are accepted again.
func TestFullSpoolIsSealed(t *testing.T) {
	r := newRig(t)
	out := r.open("upload_timeout=10m", "store_dir_limit_size=3M")
	var err error
	for n := 0; err == nil; n++ {
		err = out.Flush(fmt.Sprint("tag", n%3), many(500_000))
	}
	r.wait("a chunk is taken again", func() bool { return out.Flush("tag0", many(500_000)) == nil })
	if r.s3.Len() == 0 {
		t.Error("nothing was stored")
	}
	r.close(out, plenty)
}
