package spool_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sluice/spool"
)

// mounted is a small file system of a test's own.
func mounted(t *testing.T, args ...string) (dir string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root may mount a file system")
	}
	dir = t.TempDir()
	if text, err := exec.Command("mount", append(args, dir)...).CombinedOutput(); err != nil {
		t.Skipf("no file system can be mounted here: %v: %s", err, text)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// spooler appends chunks of all sizes to a real spool, and knows which were answered.
type spooler struct {
	*spool.Spool
	sealed   []*spool.Segment
	answered map[string]bool
	random   *rand.Rand
}

func openOn(t *testing.T, dir string, answered map[string]bool) *spooler {
	t.Helper()
	s := &spooler{answered: answered, random: rand.New(rand.NewPCG(1, uint64(len(answered))))}
	var err error
	s.Spool, err = spool.Open(spool.Options{Dir: filepath.Join(dir, "spool"), Deduplicate: true,
		Sealed: func(g *spool.Segment) { s.sealed = append(s.sealed, g) }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// append appends a chunk of up to 300 kB that does not compress.
func (s *spooler) append() error {
	data := make([]byte, 20+s.random.IntN(300_000))
	for i := range data {
		data[i] = byte(s.random.Uint32())
	}
	_, err := s.Append(fmt.Sprint("stream ", s.random.IntN(3)), spool.Chunk{Tag: "tag", Data: data},
		func() ([]byte, error) { return []byte("meta"), nil })
	if err == nil {
		s.answered[string(data)] = true
	}
	return err
}

// commit removes the oldest segment, whose chunks are shipped then.
func (s *spooler) commit(t *testing.T) {
	t.Helper()
	if _, err := s.SealOpened(time.Now().Add(time.Hour)); err != nil {
		t.Log(err) // a full disk has no room for a trailer
	}
	for _, data := range s.frames(t, s.sealed[0]) {
		delete(s.answered, data)
	}
	if err := s.Commit(s.sealed[0]); err != nil {
		t.Fatal(err)
	}
	s.sealed = s.sealed[1:]
}

func (s *spooler) frames(t *testing.T, g *spool.Segment) (data []string) {
	t.Helper()
	damage, err := g.Frames(func(f spool.Frame) error {
		data = append(data, string(f.Data))
		return nil
	})
	if err != nil || len(damage) > 0 {
		t.Errorf("read segment %x: %v, damage %v", g.ID, err, damage)
	}
	return data
}

// wantAnswered wants each answered chunk in the segments that Open has found, once, and no other.
func (s *spooler) wantAnswered(t *testing.T) {
	t.Helper()
	found := map[string]int{}
	for _, g := range s.sealed {
		for _, data := range s.frames(t, g) {
			if found[data]++; found[data] > 1 || !s.answered[data] {
				t.Errorf("a chunk of %d bytes is there %d times, answered: %v", len(data), found[data],
					s.answered[data])
			}
		}
	}
	if len(found) < len(s.answered) {
		t.Errorf("%d of %d answered chunks are there", len(found), len(s.answered))
	}
}

// TestFullDisk fills a small disk, ships a segment, fills it again, and so on: what was answered is there
// after each crash, frames that were cut off in their middle are not.
func TestFullDisk(t *testing.T) {
	dir := mounted(t, "-t", "tmpfs", "-o", "size=4m", "tmpfs")
	answered := map[string]bool{}
	refused := 0
	for round := range 5 {
		s := openOn(t, dir, answered)
		s.wantAnswered(t)
		for range 3 {
			for n := 0; n < 5; {
				switch err := s.append(); {
				case errors.Is(err, syscall.ENOSPC):
					refused++
					n++
				case err != nil:
					t.Fatal(err)
				}
			}
			s.commit(t)
		}
		// The process dies: the kernel gives its lock back.
		if err := s.Close(spool.Unknown); err != nil && !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("round %d: %v", round, err)
		}
	}
	if refused != 5*3*5 {
		t.Errorf("%d chunks were refused", refused)
	}
	openOn(t, dir, answered).wantAnswered(t)
}

// TestReadOnlyRemount has the kernel remount a disk read-only for an error, as it does when a volume
// fails: chunks are refused, what was answered can be read, and is there when the disk is mended.
func TestReadOnlyRemount(t *testing.T) {
	image := filepath.Join(t.TempDir(), "disk")
	if text, err := exec.Command("mke2fs", "-q", "-t", "ext4", image, "32m").CombinedOutput(); err != nil {
		t.Skipf("no ext4 can be made here: %v: %s", err, text)
	}
	dir := mounted(t, "-o", "loop,errors=remount-ro", image)
	answered := map[string]bool{}
	s := openOn(t, dir, answered)
	for range 20 {
		if err := s.append(); err != nil {
			t.Fatal(err)
		}
	}
	breakDisk(t, dir)
	if err := s.append(); err == nil {
		t.Error("a chunk was taken by a disk that is read-only")
	}
	if _, err := s.SealOpened(time.Now().Add(time.Hour)); err == nil {
		t.Error("sealing on a disk that is read-only says nothing")
	}
	s.wantAnswered(t)
	if err := s.Commit(s.sealed[0]); err == nil {
		t.Error("a segment was removed from a disk that is read-only")
	}
	_ = s.Close(spool.Unknown) // it reports what it could not do
	if err := syscall.Unmount(dir, 0); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command("e2fsck", "-p", "-f", image).CombinedOutput(); err != nil {
		t.Logf("e2fsck: %v: %s", err, text) // 1: it has mended something
	}
	if text, err := exec.Command("mount", "-o", "loop", image, dir).CombinedOutput(); err != nil {
		t.Fatalf("mount again: %v: %s", err, text)
	}
	again := openOn(t, dir, answered)
	again.wantAnswered(t)
	if err := again.append(); err != nil {
		t.Errorf("Append on the mended disk = %v", err)
	}
	if err := again.Close(spool.Unknown); err != nil {
		t.Error(err)
	}
}

// breakDisk reports an error to the file system's driver.
func breakDisk(t *testing.T, dir string) {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if fields := strings.Fields(line); fields[1] == dir {
			if err := os.WriteFile(filepath.Join("/sys/fs/ext4", filepath.Base(fields[0]), "trigger_fs_error"),
				[]byte("by a test\n"), 0); err != nil {
				t.Skipf("no error can be triggered here: %v", err)
			}
			return
		}
	}
	t.Fatalf("%s is not mounted", dir)
}
