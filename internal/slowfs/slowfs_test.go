package slowfs

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

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestReadsRegularFilesOnly: anything else that a path leads to is refused, through links as well.
func TestReadsRegularFilesOnly(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	write(t, at("file"), "text")
	write(t, at("large"), string(bytes.Repeat([]byte{'x'}, MaxFileSize+1)))
	write(t, at("full"), string(bytes.Repeat([]byte{'x'}, MaxFileSize)))
	if err := syscall.Mkfifo(at("pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("unix", at("socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	links := map[string]string{"link": "file", "to-pipe": "pipe", "zero": "/dev/zero", "nowhere": "nothing"}
	for name, target := range links {
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
		fsys := &FS{Timeout: time.Minute}
		_, err := fsys.ReadFile(t.Context(), at(name))
		want = strings.ReplaceAll(want, "PATH", at(name))
		if want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("ReadFile(%s): %v, want %q", name, err, want)
		}
		if missing := strings.HasPrefix(name, "no"); errors.Is(err, fs.ErrNotExist) != missing {
			t.Errorf("ReadFile(%s): %v, want fs.ErrNotExist: %t", name, err, missing)
		}
	}
}

// hang begins an operation that hangs until release is called.
func hang(t *testing.T, f *FS, verb, path string) (release func()) {
	t.Helper()
	held := make(chan struct{})
	_, err := f.do(t.Context(), verb, path, maxPending, func() (any, error) {
		<-held
		return []byte("late"), nil
	})
	if !errors.Is(err, ErrNoAnswer) {
		t.Fatalf("an operation that hangs: %v, want %v", err, ErrNoAnswer)
	}
	return func() { close(held) }
}

// TestHangingReadCostsOneTimeout: later callers do not wait again, others are not
// held up, and the result is taken when it comes.
func TestHangingReadCostsOneTimeout(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	write(t, path, "text")
	f := &FS{Timeout: time.Millisecond}
	release := hang(t, f, "read", path)
	if _, err := f.ReadFile(t.Context(), path); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("while it hangs: %v, want %v", err, ErrNoAnswer)
	}
	f.Timeout = time.Minute // longer than this test
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.ReadFile(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("when it is canceled: %v, want %v", err, context.Canceled)
	}
	if entries, err := f.ReadDir(t.Context(), filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("its folder: %d files, %v", len(entries), err)
	}
	release()
	for _, want := range []string{"late", "text"} {
		if content, err := f.ReadFile(t.Context(), path); string(content) != want || err != nil {
			t.Errorf("ReadFile: %q, %v, want %q", content, err, want)
		}
	}
}

// TestSignalsGoToOtherThreads: a thread that may hang takes no signal that is for the process.
func TestSignalsGoToOtherThreads(t *testing.T) {
	var mask uint64
	err := (&FS{Timeout: time.Minute}).Do(t.Context(), "read", "mask", func() error {
		status, err := os.ReadFile("/proc/thread-self/status")
		_, rest, _ := strings.Cut(string(status), "SigBlk:\t")
		text, _, _ := strings.Cut(rest, "\n")
		var parseErr error
		mask, parseErr = strconv.ParseUint(text, 16, 64)
		return errors.Join(err, parseErr)
	})
	if err != nil {
		t.Skipf("no thread's status can be read here: %v", err)
	}
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT} {
		if mask&(1<<(signal-1)) == 0 {
			t.Errorf("a thread that may hang takes %v", signal)
		}
	}
}

// TestPendingIsBounded: files that hang keep other files from being read in the
// end, but no folder from being listed, which is how a removal is seen.
func TestPendingIsBounded(t *testing.T) {
	f := &FS{Timeout: time.Nanosecond}
	for i := range maxFiles {
		defer hang(t, f, "read", fmt.Sprint(i))()
	}
	f.Timeout = time.Minute
	if _, err := f.ReadFile(t.Context(), "another"); !errors.Is(err, errTooManyPending) {
		t.Errorf("another file: %v, want %v", err, errTooManyPending)
	}
	if _, err := f.ReadDir(t.Context(), t.TempDir()); err != nil {
		t.Errorf("a folder: %v", err)
	}
}
