package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"sluice/test/faultfs"
	"sluice/test/testenv"
)

// The tests of this file have the disk of store_dir fail while Fluent Bit runs. Each wants every record that was
// answered OK to be stored, or to be named as damaged, and the plugin to go on.

// spoolOn is a pipeline whose store_dir is on a disk of its own.
func spoolOn(t *testing.T, bucket testenv.Bucket, dir string, settings ...testenv.Property) pipeline {
	t.Helper()
	p := newPipeline(t, bucket, testenv.Orders(0), testenv.Access(0))
	p.filesystem, p.impatient = true, true
	p.output = append(p.output[:len(p.output)-1], testenv.Property{Name: "store_dir", Value: dir})
	p.output = append(p.output, settings...)
	return p
}

// spool is where the one output has its segments.
func (p pipeline) spool() string {
	for _, o := range p.output {
		if o.Name == "store_dir" {
			return filepath.Join(o.Value, "sluice.0")
		}
	}
	return ""
}

// files returns the files of the spool whose names match.
func (p pipeline) files(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(p.spool(), pattern))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func setting(name, value string) testenv.Property { return testenv.Property{Name: name, Value: value} }

var soon = setting("upload_timeout", "1s")

// smallDisk is a file system of its own, with so much room.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if text, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs",
		dir).CombinedOutput(); err != nil {
		t.Skipf("no file system can be mounted here: %v: %s", err, text)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// goesOn waits until more records are answered than before.
func (f fluentBit) goesOn(t *testing.T, n int) {
	t.Helper()
	before := f.answered()
	f.until(t, "more is answered", func() bool { return f.answered() > before+n })
}

// says waits until a text is in the log.
func (f fluentBit) says(t *testing.T, text string) {
	t.Helper()
	f.untilIn(t, 2*patience, "the log says "+text, func() bool { return strings.Contains(f.Log(), text) })
}

// firstThatStops without delivering a chunk twice: before, a stop starts each retry at once, also one that is under way
// (flb_engine_reschedule_retries).
var firstThatStops = testenv.Version{4, 0, 9}

// TestDiskFull fills a small disk while S3 is away: nothing is lost, and the disk empties when S3 is back, also where
// objects go in one request that are larger than what is free.
func TestDiskFull(t *testing.T) {
	needWorld(t)
	needVersion(t, firstThatStops, "its stop delivers a chunk twice whose retry is under way")
	t.Parallel()
	for name, settings := range map[string][]testenv.Property{
		"multipart":      {soon},
		"use_put_object": {setting("upload_timeout", "10s"), setting("use_put_object", "on")}, // larger than a part
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bucket := newBucket(t)
			world.outage.Set(bucket.Name(), true)
			p := spoolOn(t, bucket, smallDisk(t, "16m"), settings...)
			load := startLoad(p.dir, p.streams...)
			f := p.start(t)
			f.says(t, "no space left on device")
			world.outage.Set(bucket.Name(), false)
			f.goesOn(t, 5_000)
			f.stop(t)
			wantRest(t, p, bucket, load.end(t))
		})
	}
}

// TestDiskFullOfActive fills a small disk with segments that are far from sealed: they are shipped at once.
func TestDiskFullOfActive(t *testing.T) {
	needWorld(t)
	t.Parallel()
	for name, settings := range map[string][]testenv.Property{
		"disk":                 nil,
		"store_dir_limit_size": {setting("store_dir_limit_size", "3M")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bucket := newBucket(t)
			p := spoolOn(t, bucket, smallDisk(t, "4m"), settings...)
			load := startLoad(p.dir, p.streams...)
			f := p.start(t)
			f.says(t, "stored object")
			f.goesOn(t, 5_000)
			f.stop(t)
			p.output = append(p.output, soon)
			wantRest(t, p, bucket, load.end(t))
		})
	}
}

// TestStartOnFullDisk kills Fluent Bit, with or without half a frame left behind, and fills its disk before the next
// start: that has no room to write anything, and ships all the same.
func TestStartOnFullDisk(t *testing.T) {
	needWorld(t)
	t.Parallel()
	for _, torn := range []bool{false, true} {
		t.Run(pick(torn, "torn tail", "whole"), func(t *testing.T) {
			t.Parallel()
			bucket := newBucket(t)
			disk := smallDisk(t, "64m")
			p := spoolOn(t, bucket, disk)
			load := startLoad(p.dir, p.streams...)
			f := p.start(t)
			f.until(t, "it has taken something", func() bool { return f.answered() > 10_000 })
			f.kill(t)
			if torn {
				tearTail(t, p.files(t, "*.active")[0])
			}
			fill(t, disk)
			f = p.start(t)
			f.says(t, "stored object")
			if torn {
				f.says(t, "could not be kept")
			}
			f.goesOn(t, 5_000)
			f.stop(t)
			p.output = append(p.output, soon)
			wantRest(t, p, bucket, load.end(t))
		})
	}
}

// kill ends Fluent Bit by SIGKILL.
func (f fluentBit) kill(t *testing.T) {
	t.Helper()
	if err := f.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-f.Done()
}

// tearTail leaves half a frame at the end of a segment, as a killed process does.
func tearTail(t *testing.T, segment string) {
	t.Helper()
	file, err := os.OpenFile(segment, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.Write(append([]byte("SLFR\xff\xff\x00\x00 the first half of a frame"), make([]byte, 20_000)...))
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
}

// fill writes another file until the disk is full.
func fill(t *testing.T, dir string) {
	t.Helper()
	file, err := os.Create(filepath.Join(dir, "not ours"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for err == nil {
		_, err = file.Write(make([]byte, 4096))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}

// readOnly refuses all changes, as a file system does that was remounted after an error.
func readOnly(op faultfs.Op) error {
	if op.Kind.Changes() || op.Kind == faultfs.Sync {
		return syscall.EROFS
	}
	return nil
}

// TestDiskReadOnly has the disk become read-only for a while, and come back.
func TestDiskReadOnly(t *testing.T) {
	needWorld(t)
	needVersion(t, firstThatStops, "its stop delivers a chunk twice whose retry is under way")
	t.Parallel()
	bucket, disk := newBucket(t), faultfs.Mount(t)
	p := spoolOn(t, bucket, disk.Dir, soon)
	load := startLoad(p.dir, p.streams...)
	f := p.start(t)
	for range 2 {
		f.goesOn(t, 10_000)
		before := strings.Count(f.Log(), "read-only file system")
		disk.SetFault(readOnly)
		f.until(t, "chunks are refused",
			func() bool { return strings.Count(f.Log(), "read-only file system") > before+3 })
		disk.SetFault(nil)
	}
	f.goesOn(t, 10_000)
	f.stop(t)
	wantRest(t, p, bucket, load.end(t))
}

// TestDiskLies has an fsync write and yet fail, and the disk change nothing more, while S3 is well; then the power
// goes. A chunk that was refused is on the disk all the same, and is recognised when it is delivered again: its segment
// must
// not have been stored without it.
func TestDiskLies(t *testing.T) {
	needWorld(t)
	t.Parallel()
	bucket, disk := newBucket(t), faultfs.Mount(t)
	p := spoolOn(t, bucket, disk.Dir, soon)
	load := startLoad(p.dir, p.streams...)
	for range 5 {
		f := p.start(t)
		f.until(t, "it has taken something", func() bool { return f.answered() > 5_000 })
		var lied atomic.Bool
		disk.SetFault(func(op faultfs.Op) error {
			if op.Kind == faultfs.Sync && strings.HasSuffix(op.Path, ".active") && !lied.Swap(true) {
				return faultfs.ErrDone
			}
			if lied.Load() {
				return readOnly(op)
			}
			return nil
		})
		f.says(t, "cut off frames that could not be synced") // the shipper has come to the segment
		f.kill(t)
		disk.SetFault(nil)
	}
	wantRest(t, p, bucket, load.end(t))
}

// TestDiskBadBlock has a block of a segment become unreadable, with a quarantine and after that was removed. What can
// still be read is stored; the segment is kept with the reason, and pushed as soon as the block can be read again:
// the object has all then.
func TestDiskBadBlock(t *testing.T) {
	needWorld(t)
	if world.command == "" {
		t.Skip("the command has not been built")
	}
	t.Parallel()
	for _, removed := range []bool{false, true} {
		t.Run(pick(removed, "quarantine removed", "with a quarantine"), func(t *testing.T) {
			t.Parallel()
			bucket, disk := newBucket(t), faultfs.Mount(t)
			p := spoolOn(t, bucket, disk.Dir, soon)
			load := startLoad(p.dir, p.streams...)
			f := p.start(t)
			f.goesOn(t, 10_000)
			if removed {
				if err := os.RemoveAll(filepath.Join(p.spool(), "quarantine")); err != nil {
					t.Fatal(err)
				}
			}
			disk.SetFault(badBlock(40_000))
			f.says(t, "quarantine")
			f.goesOn(t, 10_000)
			disk.SetFault(nil)
			f.goesOn(t, 10_000)
			lines := load.end(t)
			all := 0
			for _, l := range lines {
				all += l.Count
			}
			f.until(t, "all lines are answered", func() bool { return f.answered() >= all })
			f.until(t, "all segments are shipped", func() bool {
				return len(p.files(t, "*.active"))+len(p.files(t, "*.sealed")) == 0
			})
			f.stop(t)
			missing := 0
			for _, c := range count(t, bucket, lines...).Counts() {
				missing += c.Missing
			}
			reasons := p.files(t, "quarantine/*.reason")
			t.Logf("%d records are missing, %d segments are quarantined", missing, len(reasons))
			if missing == 0 || len(reasons) == 0 {
				t.Error("no record was damaged")
			}
			push(t, p)
			wantAll(t, bucket, lines)
		})
	}
}

// badBlock has the block at off unreadable of every segment.
func badBlock(off int64) faultfs.Fault {
	return func(op faultfs.Op) error {
		segment := strings.HasSuffix(op.Path, ".active") || strings.HasSuffix(op.Path, ".sealed")
		if segment && op.Kind == faultfs.Read && op.Covers(off) {
			return syscall.EIO
		}
		return nil
	}
}

// push ships what was quarantined, without Fluent Bit.
func push(t *testing.T, p pipeline) {
	t.Helper()
	ctx, cancel := deadline(t)
	defer cancel()
	cmd := exec.CommandContext(ctx, world.command, "spool", "push", "--quarantine", p.spool())
	cmd.Env = []string{"HOME=" + p.dir}
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("sluice spool push: %v\n%s", err, text)
	}
}

// wantAll wants every line once.
func wantAll(t *testing.T, bucket testenv.Bucket, lines []testenv.Lines) {
	t.Helper()
	for _, c := range count(t, bucket, lines...).Counts() {
		if c.Missing+c.Alien+c.Copies > 0 {
			t.Errorf("records of %s: %d missing, %d alien, %d copies", c.Tag, c.Missing, c.Alien, c.Copies)
		}
	}
}

// TestSpoolRemoved removes the whole folder while Fluent Bit runs: what was in it is gone, and said to be; all that
// comes later is stored.
func TestSpoolRemoved(t *testing.T) {
	needWorld(t)
	t.Parallel()
	bucket := newBucket(t)
	p := spoolOn(t, bucket, filepath.Join(t.TempDir(), "store"), soon)
	load := startLoad(p.dir, p.streams...)
	f := p.start(t)
	f.goesOn(t, 10_000)
	for range 3 {
		// Again if the plugin has made a file meanwhile.
		f.until(t, "the folder is removed", func() bool { return os.RemoveAll(p.spool()) == nil })
		f.goesOn(t, 10_000)
	}
	lines := load.end(t)
	f.until(t, "the last lines are there", func() bool {
		for _, c := range count(t, bucket, lines...).Counts() {
			if !c.Has(c.Lines.Count - 1) {
				return false
			}
		}
		return true
	})
	f.stop(t)
	missing := 0
	for _, c := range count(t, bucket, lines...).Counts() {
		missing += c.Missing
		if c.Copies > 0 {
			t.Errorf("%d records of %s are there twice", c.Copies, c.Tag)
		}
	}
	t.Logf("%d records were in the folder when it was removed", missing)
	if missing > 0 && !strings.Contains(f.Log(), "a segment is lost") {
		t.Error("the log does not say what is lost")
	}
	if !strings.Contains(f.Log(), "was removed, and has been created again") {
		t.Error("the log does not say that the folder was removed")
	}
}
