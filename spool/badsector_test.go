package spool_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sluice/spool"
)

// lost is how much a disk loses at once, in bytes.
const lost = 4096

// sectorFS is a disk that has lost a block of each file: the bytes from at on.
type sectorFS struct {
	spool.OS
	at atomic.Int64 // 0 is none
}

func (fs *sectorFS) Create(name string) (spool.File, error) {
	f, err := fs.OS.Create(name)
	return sectorFile{f, fs}, err
}

func (fs *sectorFS) Open(name string) (spool.File, error) {
	f, err := fs.OS.Open(name)
	return sectorFile{f, fs}, err
}

type sectorFile struct {
	spool.File
	fs *sectorFS
}

func (f sectorFile) ReadAt(b []byte, off int64) (int, error) {
	if at := f.fs.at.Load(); at > 0 && off < at+lost && off+int64(len(b)) > at {
		return 0, syscall.EIO
	}
	return f.File.ReadAt(b, off)
}

// TestBadSector has a block of a segment become unreadable, wherever it is: a running spool reads all other
// frames, and so does the next start, for which other segments are as before.
func TestBadSector(t *testing.T) {
	fs := &sectorFS{}
	dir := t.TempDir()
	r := open(t, spool.Options{Dir: dir, FS: fs})
	var want []string
	var ends []int64
	seg := (*spool.Segment)(nil)
	for n := range 12 {
		data := fmt.Sprintf("chunk %d %s", n, strings.Repeat("x", n*n*1000))
		seg = r.append(t, "a", data)
		want, ends = append(want, data), append(ends, seg.Size())
	}
	r.append(t, "b", "of another stream")
	for at := int64(lost); at < seg.Size(); at += lost {
		fs.at.Store(0)
		copied := crash(t, dir)
		fs.at.Store(at)
		got, damage := frames(t, seg)
		wantWithout(t, fmt.Sprintf("running, block at %d", at), got, damage, want, ends, at)

		var told []string
		again := open(t, spool.Options{Dir: copied, FS: fs, Warn: func(text string) { told = append(told, text) }})
		if len(again.sealed) != 2 {
			t.Fatalf("block at %d: the next start finds %d segments, told %q", at, len(again.sealed), told)
		}
		got, damage = frames(t, again.sealed[0])
		wantWithout(t, fmt.Sprintf("started again, block at %d", at), got, damage, want, ends, at)
		if other, _ := frames(t, again.sealed[1]); !slices.Equal(other, []string{"of another stream"}) {
			t.Errorf("block at %d: the other stream has %q", at, other)
		}
	}
}

// wantWithout wants all frames but those that the block at off is in, and that one named as damaged.
func wantWithout(t *testing.T, when string, got []string, damage []spool.Damage, all []string, ends []int64,
	off int64) {
	t.Helper()
	var want []string
	from := int64(0)
	for n, data := range all {
		if off+lost <= from || off >= ends[n] {
			want = append(want, data)
		}
		from = ends[n]
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: read %.20q, want %.20q", when, got, want)
	}
	if len(damage) != 1 || !strings.Contains(damage[0].String(), "input/output error") {
		t.Errorf("%s: damage is %v, want the block", when, damage)
	}
}

// TestBadSectorOfHeader quarantines the one segment that cannot be read, and starts with the others.
func TestBadSectorOfHeader(t *testing.T) {
	fs := &sectorFS{}
	dir := t.TempDir()
	r := open(t, spool.Options{Dir: dir, FS: fs, Now: func() time.Time { return time.Unix(1000, 0) }})
	r.append(t, "a", "one")
	copied := crash(t, dir)
	fs.at.Store(1)
	told := ""
	again := open(t, spool.Options{Dir: copied, FS: fs, Warn: func(text string) { told = text }})
	aside := files(t, copied, "quarantine/*.segment")
	if len(again.sealed) != 0 || len(aside) != 1 || !strings.Contains(told, "moved to the quarantine") {
		t.Errorf("%d segments were found, quarantine has %v, told %q", len(again.sealed), aside, told)
	}
}
