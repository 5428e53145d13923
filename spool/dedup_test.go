package spool_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"sluice/spool"
)

// life is one process after the other on the same folder, with a clock that the
// test moves.
type life struct {
	t   *testing.T
	dir string
	now time.Time
	fs  *faultyFS
	*rig
}

func newLife(t *testing.T) *life {
	return &life{t: t, dir: t.TempDir(), now: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), fs: &faultyFS{}}
}

// start begins a process. The one before it has crashed, unless it was closed:
// what it had is left as it is in a copy of the folder.
func (l *life) start() {
	l.t.Helper()
	l.dir = crash(l.t, l.dir)
	r, err := tryOpen(spool.Options{Dir: l.dir, Deduplicate: true, FS: l.fs, Now: func() time.Time { return l.now }})
	if err != nil {
		l.t.Fatal(err)
	}
	l.rig = r
}

// takes appends a chunk and checks whether it is recognised.
func (l *life) takes(data string, again bool) {
	l.t.Helper()
	if _, err := l.tryAppend("s", data); errors.Is(err, spool.ErrDuplicate) != again || err != nil && !again {
		l.t.Errorf("%q: %v, want it recognised: %v", data, err, again)
	}
}

// ship seals and commits everything.
func (l *life) ship() {
	l.t.Helper()
	if _, err := l.SealOpened(l.now); err != nil {
		l.t.Fatal(err)
	}
	for _, seg := range l.sealed {
		if err := l.Commit(seg); err != nil {
			l.t.Fatal(err)
		}
	}
	l.sealed = nil
}

func TestRepeatedChunks(t *testing.T) {
	for _, shipped := range []bool{false, true} {
		t.Run(fmt.Sprintf("shipped %v", shipped), func(t *testing.T) {
			l := newLife(t)
			l.start()
			l.takes("one", false)
			l.takes("two", false)
			l.takes("two", false) // on purpose, within one process
			if shipped {
				l.ship()
			}
			l.now = l.now.Add(time.Hour) // the machine is off
			l.start()
			l.takes("two", true)
			l.takes("two", true)
			l.takes("two", false) // it had come twice
			l.takes("three", false)
			if shipped {
				l.ship()
			}
			l.start() // before Fluent Bit has noted any answer
			l.takes("one", true)
			l.takes("three", true)
			for range 3 {
				l.takes("two", true)
			}
			l.takes("two", false)
			l.takes("four", false)
		})
	}
}

// A chunk that was not accepted must not be recognised: that would lose it.
func TestFailedChunksAreNotRecognised(t *testing.T) {
	for name, fail := range map[string]func(*faultyFS){
		"write": func(fs *faultyFS) { fs.write = syscall.ENOSPC },
		"sync":  func(fs *faultyFS) { fs.sync = syscall.EIO },
	} {
		l := newLife(t)
		l.start()
		l.takes("one", false)
		fail(l.fs)
		if _, err := l.tryAppend("s", "two"); err == nil || errors.Is(err, spool.ErrDuplicate) {
			t.Errorf("%s: %v, want the disk's error", name, err)
		}
		l.fs.write, l.fs.sync = nil, nil
		l.start()
		l.takes("one", true)
		l.takes("two", false)
	}
}

// Only what is on the disk for sure may be recognised: a killed process's last
// frame may be in memory only.
func TestUnsyncedFramesAreNotRecognised(t *testing.T) {
	l := newLife(t)
	l.start()
	l.takes("one", false)
	l.fs.sync = syscall.EIO
	l.start()
	l.fs.sync = nil
	l.takes("one", false)
}

// A full disk is emptied by shipping, so it must not keep the spool from opening.
func TestFullDiskAtStart(t *testing.T) {
	l := newLife(t)
	l.start()
	l.takes("one", false)
	l.takes("two", false)
	l.fs.write = syscall.ENOSPC
	l.start()
	if _, err := l.tryAppend("s", "one"); err == nil || errors.Is(err, spool.ErrDuplicate) {
		t.Errorf("%v, want no answer that is not durable", err)
	}
	l.fs.write = nil // something was shipped
	l.takes("one", true)
	l.start()
	l.takes("one", true)
	l.takes("two", true)
}

// A commit that has to be tried again notes its chunks once.
func TestCommitAgain(t *testing.T) {
	l := newLife(t)
	l.start()
	l.takes("one", false)
	if _, err := l.SealOpened(l.now); err != nil {
		t.Fatal(err)
	}
	l.fs.remove = syscall.EROFS
	for range 3 {
		if err := l.Commit(l.sealed[0]); err == nil {
			t.Fatal("a commit that fails says nothing")
		}
	}
	l.fs.remove = nil
	l.ship()
	l.start()
	l.takes("one", true)
	l.takes("one", false)
}

// A chunk that came twice, once in a segment that is gone and once in one that is still there,
// may be delivered again twice.
func TestTwiceInTwoSegments(t *testing.T) {
	l := newLife(t)
	l.start()
	l.takes("one", false)
	l.ship()
	l.now = l.now.Add(time.Second)
	l.takes("one", false) // on purpose
	l.start()
	l.takes("one", true)
	l.takes("one", true)
	l.takes("one", false)
}

// What was given up is accepted again.
func TestDroppedChunksAreNotRecognised(t *testing.T) {
	l := newLife(t)
	l.start()
	l.takes("one", false)
	if _, err := l.SealOpened(l.now); err != nil {
		t.Fatal(err)
	}
	if err := l.Drop(l.sealed[0]); err != nil {
		t.Fatal(err)
	}
	l.start()
	l.takes("one", false)
}

// A chunk has gone to the stream's destination, and to no other.
func TestAnotherStreamTakesItsOwn(t *testing.T) {
	l := newLife(t)
	l.start()
	l.takes("one", false)
	l.start()
	if _, err := l.Append("another", spool.Chunk{Tag: "tag of s", Data: []byte("one")},
		func() ([]byte, error) { return nil, nil }); err != nil {
		t.Errorf("%v, want the chunk taken for another stream", err)
	}
	l.takes("one", true)
}

func TestClockThatWasAhead(t *testing.T) {
	l := newLife(t)
	l.now = l.now.Add(2 * time.Hour) // the machine's clock before it was set
	l.start()
	l.takes("one", false)
	l.now = l.now.Add(-2 * time.Hour)
	l.takes("two", false)
	l.start()
	l.takes("one", true)
	l.takes("two", true)
}

// A chunk may wait in Fluent Bit's backlog while the process is killed again and
// again, or stops, before it is delivered.
func TestExpectedOverManyStarts(t *testing.T) {
	l := newLife(t)
	l.start()
	l.takes("one", false)
	for n := range 120 {
		l.start()
		l.now = l.now.Add(90 * time.Second)
		l.takes(fmt.Sprint("new ", n), false)
		if n%3 == 0 {
			l.ship()
		}
		if n%5 == 0 {
			if err := l.Close(1); err != nil {
				t.Fatal(err)
			}
		}
	}
	l.start()
	l.takes("one", true)
	l.takes("new 119", true)
	l.takes("new 110", true) // it came in the last minute of its process
	l.start()
	l.now = l.now.Add(11 * time.Minute)
	l.takes("much later", false)
	l.start()
	l.takes("new 100", false) // the last process had time enough for it
	l.takes("much later", true)
}

// While the spool is full, Fluent Bit waits and delivers nothing again.
func TestExpectedWhileRefused(t *testing.T) {
	l := newLife(t)
	l.start()
	l.takes("one", false)
	l.start()
	for range 10 {
		l.now = l.now.Add(9 * time.Minute)
		l.fs.write = syscall.ENOSPC
		if _, err := l.tryAppend("s", "another"); !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
		l.fs.write = nil
	}
	l.takes("one", true)
}

func TestRepeatsAreBounded(t *testing.T) {
	l := newLife(t)
	l.start()
	l.takes("old", false)
	l.now = l.now.Add(2 * time.Minute)
	l.takes("new", false)
	l.takes("newer", false)
	l.start()
	l.takes("old", false) // it came long before the end
	l.takes("new", true)
	l.now = l.now.Add(11 * time.Minute)
	l.takes("newer", false) // ingested again on purpose
}

func TestRepeatsOff(t *testing.T) {
	dir := t.TempDir()
	r := open(t, spool.Options{Dir: dir})
	r.append(t, "s", "one")
	r = open(t, spool.Options{Dir: crash(t, dir)})
	r.append(t, "s", "one")
	if names := files(t, dir, "recent*"); len(names) > 0 {
		t.Errorf("%v is written for nothing", names)
	}
}

// A journal that a crash cut off, or that something damaged, is good up to
// there.
func TestDamagedJournal(t *testing.T) {
	l := newLife(t)
	l.start()
	for _, data := range []string{"one", "two", "three"} {
		l.takes(data, false)
		l.ship()
	}
	file := filepath.Join(l.dir, "recent")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const size = 36 // of a record
	header := len(whole) - 3*size
	for cut, want := range map[int][]bool{len(whole) - 1: {true, true, false}, header + size + 1: {true, false, false},
		0: {false, false, false}} {
		if err := os.WriteFile(file, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		dir := l.dir
		l.start()
		for i, data := range []string{"one", "two", "three"} {
			l.takes(data, want[i])
		}
		l.dir = dir
	}
	damaged := slices.Clone(whole)
	damaged[header+size+5] ^= 1
	if err := os.WriteFile(file, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	l.start()
	l.takes("one", true)
	l.takes("two", false)
}
