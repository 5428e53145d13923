package sidecar

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestDiskReadsFilesOnly: whatever else a path leads to is refused, through links, too, and at once.
func TestDiskReadsFilesOnly(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	write(t, at("file"), "text")
	write(t, at("large"), string(bytes.Repeat([]byte{'x'}, maxFile+1)))
	write(t, at("full"), string(bytes.Repeat([]byte{'x'}, maxFile)))
	if err := syscall.Mkfifo(at("pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("unix", at("socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	for name, target := range map[string]string{"link": "file", "to-pipe": "pipe", "zero": "/dev/zero", "nowhere": "nothing"} {
		if err := os.Symlink(target, at(name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"file": "", "link": "", "full": "",
		"pipe":    "read PATH: it is a named pipe and not a regular file",
		"to-pipe": "read PATH: it is a named pipe and not a regular file",
		"zero":    "read PATH: it is a device and not a regular file",
		"socket":  "read PATH: it is a socket and not a regular file",
		".":       "read PATH: it is a folder and not a regular file",
		"large":   "read PATH: it is larger than 1048576 bytes",
		"nowhere": "open PATH: no such file or directory",
		"nothing": "open PATH: no such file or directory",
	} {
		disk := &Disk{Patience: time.Minute}
		_, err := disk.ReadFile(t.Context(), at(name))
		if want = strings.ReplaceAll(want, "PATH", at(name)); want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("ReadFile(%s): %v, want %q", name, err, want)
		}
		if gone := strings.HasPrefix(name, "no"); errors.Is(err, fs.ErrNotExist) != gone {
			t.Errorf("ReadFile(%s): %v, want that it does not exist: %t", name, err, gone)
		}
	}
}

// hanging is a Disk with an operation that hangs until release is called.
func hanging(t *testing.T, d *Disk, what string) (release func()) {
	t.Helper()
	held := make(chan struct{})
	verb, path, _ := strings.Cut(what, " ")
	if _, err := d.do(t.Context(), verb, path, maxPending, func() (any, error) { <-held; return []byte("late"), nil }); !errors.Is(err, errNoAnswer) {
		t.Fatalf("a read that hangs: %v, want %v", err, errNoAnswer)
	}
	return func() { close(held) }
}

// TestDiskGetsOn: a read that hangs costs one caller its patience, once; others get on, and the
// result is taken when it comes.
func TestDiskGetsOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	write(t, path, "text")
	d := &Disk{Patience: time.Millisecond}
	release := hanging(t, d, "read "+path)
	if _, err := d.ReadFile(t.Context(), path); !errors.Is(err, errNoAnswer) {
		t.Errorf("while it hangs: %v, want %v", err, errNoAnswer)
	}
	d.Patience = time.Minute // has no end in this test
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.ReadFile(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("when it is stopped: %v, want %v", err, context.Canceled)
	}
	if entries, err := d.ReadDir(t.Context(), filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("its folder: %d files, %v", len(entries), err)
	}
	release()
	for _, want := range []string{"late", "text"} {
		if content, err := d.ReadFile(t.Context(), path); string(content) != want || err != nil {
			t.Errorf("ReadFile: %q, %v, want %q", content, err, want)
		}
	}
}

// TestDiskLeavesSignalsToOthers: no thread that may hang is given a signal that is for the process.
func TestDiskLeavesSignalsToOthers(t *testing.T) {
	blocked := func() (any, error) {
		status, err := os.ReadFile("/proc/thread-self/status")
		_, rest, _ := strings.Cut(string(status), "SigBlk:\t")
		text, _, _ := strings.Cut(rest, "\n")
		mask, parseErr := strconv.ParseUint(text, 16, 64)
		return mask, errors.Join(err, parseErr)
	}
	mask, err := (&Disk{Patience: time.Minute}).do(t.Context(), "ask", "mask", 1, blocked)
	if err != nil {
		t.Skipf("no thread's status can be read here: %v", err)
	}
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT} {
		if mask.(uint64)&(1<<(signal-1)) == 0 {
			t.Errorf("a thread that may hang takes %v", signal)
		}
	}
}

// TestDiskIsBounded: files that hang keep others from being read in the end, but no folder from
// being listed, by which a removal is seen.
func TestDiskIsBounded(t *testing.T) {
	d := &Disk{Patience: time.Nanosecond}
	for i := range maxFiles {
		defer hanging(t, d, fmt.Sprintf("read %d", i))()
	}
	d.Patience = time.Minute
	if _, err := d.ReadFile(t.Context(), "another"); !errors.Is(err, errCrowded) {
		t.Errorf("another file: %v, want %v", err, errCrowded)
	}
	if _, err := d.ReadDir(t.Context(), t.TempDir()); err != nil {
		t.Errorf("a folder: %v", err)
	}
}
