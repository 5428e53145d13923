package sidecar

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"time"
)

// Disk reads configurations, tokens and folders of services. Whatever a path leads to, its
// reader gets on: only regular files are read, up to a size, and a file system that hangs, as
// that of a dead server does, costs the patience of one call. It is safe for concurrent use.
type Disk struct {
	Patience time.Duration // with one operation; default a second

	mu      sync.Mutex            // guards pending
	pending map[string]*operation // by what is done; those that hang, too
}

// operation is something that may hang. Nothing ends it then: it holds a thread.
type operation struct {
	began time.Time
	done  chan struct{}
	value any   // set before done is closed
	err   error // likewise
}

// Bounds of what is read, and of the operations that hang. Folders have a bound of their own:
// files must not keep a removal from being seen.
const (
	maxFile    = 1 << 20
	maxFiles   = 256
	maxPending = 2 * maxFiles
)

// Errors of a Disk.
var (
	errNoAnswer = errors.New("its file system does not answer")
	errCrowded  = errors.New("too many other files hang")
)

// ReadFile reads a regular file, or one that a link leads to.
func (d *Disk) ReadFile(ctx context.Context, path string) ([]byte, error) {
	value, err := d.do(ctx, "read", path, maxFiles, func() (any, error) { return readRegular(path) })
	content, _ := value.([]byte) // nil after an error
	return content, err
}

// ReadDir lists a folder.
func (d *Disk) ReadDir(ctx context.Context, path string) ([]fs.DirEntry, error) {
	value, err := d.do(ctx, "list", path, maxPending, func() (any, error) { return os.ReadDir(path) })
	entries, _ := value.([]fs.DirEntry) // nil after an error
	return entries, err
}

// Stat describes a file or folder.
func (d *Disk) Stat(ctx context.Context, path string) (fs.FileInfo, error) {
	value, err := d.do(ctx, "stat", path, maxFiles, func() (any, error) { return os.Stat(path) })
	info, _ := value.(fs.FileInfo) // nil after an error
	return info, err
}

// do has f called, and waits until it is done, its patience has ended, or ctx. What goes on then
// is not begun a second time: the next call for it waits for the same one, and gets its result.
func (d *Disk) do(ctx context.Context, verb, path string, limit int, f func() (any, error)) (any, error) {
	what := verb + " " + path
	op, err := d.begin(what, limit, f)
	if err != nil {
		return nil, &fs.PathError{Op: verb, Path: path, Err: err}
	}
	patience := time.NewTimer(time.Until(op.began.Add(cmp.Or(d.Patience, time.Second))))
	defer patience.Stop()
	select {
	case <-op.done:
	case <-patience.C:
		err = errNoAnswer
	case <-ctx.Done():
		err = ctx.Err()
	}
	select {
	case <-op.done: // before anything else
		d.end(what, op)
		return op.value, op.err
	default:
		return nil, &fs.PathError{Op: verb, Path: path, Err: err}
	}
}

// begin begins an operation, unless it is under way.
func (d *Disk) begin(what string, limit int, f func() (any, error)) (*operation, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if op := d.pending[what]; op != nil {
		return op, nil
	}
	if len(d.pending) >= limit {
		return nil, errCrowded
	}
	if d.pending == nil {
		d.pending = map[string]*operation{}
	}
	op := &operation{began: time.Now(), done: make(chan struct{})}
	d.pending[what] = op
	go func() {
		defer close(op.done)
		defer onOwnThread()()
		op.value, op.err = f()
	}()
	return op, nil
}

// end forgets an operation whose result was taken.
func (d *Disk) end(what string, op *operation) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.pending[what] == op {
		delete(d.pending, what)
	}
}

// readRegular reads a file. It is looked at before it is opened, which may do something to a
// device, and again afterwards: it may have been replaced. O_NONBLOCK is for that case.
func readRegular(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: reason(err)}
	}
	if err := regular(path, info); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return nil, err
	}
	if err := regular(path, info); err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(content) > maxFile {
		err = &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("it is larger than %d bytes", maxFile)}
	}
	return content, err
}

// regular returns an error for what is not a regular file.
func regular(path string, info fs.FileInfo) error {
	kind := "neither a file nor a folder"
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		kind = "a folder"
	case mode&fs.ModeNamedPipe != 0:
		kind = "a named pipe"
	case mode&fs.ModeDevice != 0:
		kind = "a device"
	case mode&fs.ModeSocket != 0:
		kind = "a socket"
	}
	return &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("it is %s and not a regular file", kind)}
}
