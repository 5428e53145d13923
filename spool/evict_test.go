package spool_test

import (
	"slices"
	"strings"
	"testing"

	"sluice/spool"
)

// watchedFS notes what is evicted.
type watchedFS struct {
	spool.OS
	evicted []int64
}

func (fs *watchedFS) Open(name string) (spool.File, error) {
	f, err := fs.OS.Open(name)
	return watchedFile{f, fs}, err
}

type watchedFile struct {
	spool.File
	fs *watchedFS
}

func (f watchedFile) Evict(end int64) {
	f.fs.evicted = append(f.fs.evicted, end)
	f.File.Evict(end)
}

// TestEviction: while an active segment is read, and after that, what was read is evicted, and nothing else. It can be
// read again.
func TestEviction(t *testing.T) {
	fs := &watchedFS{}
	r := open(t, spool.Options{Dir: t.TempDir(), FS: fs})
	data := strings.Repeat("0123456789abcdef", 1<<16) // 1 MB
	var seg *spool.Segment
	grow := func() (size int64) {
		for range 6 {
			seg = r.append(t, "a", data)
		}
		return seg.Size()
	}
	half := grow()
	reader, err := seg.Open()
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	more := func() {
		if damage, err := reader.Frames(func(f spool.Frame) error { read += len(f.Data); return nil }); err != nil ||
			len(damage) > 0 {
			t.Fatalf("Frames: %v, %v", damage, err)
		}
	}
	more()
	if len(fs.evicted) != 1 || fs.evicted[0] < half/2 || fs.evicted[0] >= half {
		t.Errorf("after %d bytes: evicted up to %v, want one eviction of most, and not of what had not been read then",
			half, fs.evicted)
	}
	whole := grow()
	more()
	if len(fs.evicted) != 2 && len(fs.evicted) != 3 || !slices.IsSorted(fs.evicted) || slices.Max(fs.evicted) <= half ||
		slices.Max(fs.evicted) > whole {
		t.Errorf("after %d bytes: evicted up to %v, want one or two evictions more, of most", whole, fs.evicted)
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	if read != 12*len(data) {
		t.Errorf("read %d bytes, want %d", read, 12*len(data))
	}
	if err := r.Seal(seg); err != nil {
		t.Fatal(err)
	}
	if got := r.all(t); len(got) != 12 || got[0] != data || got[11] != data {
		t.Errorf("after eviction: read %d frames, want the 12 that were written", len(got))
	}
}
