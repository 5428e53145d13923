// Package slowfs reads files and folders that others control. Whatever a path
// leads to, the caller gets on: only regular files are read, up to a size, and a
// file system that hangs, such as that of a dead server, costs one call its
// timeout.
//
//	fsys := &slowfs.FS{}
//	content, err := fsys.ReadFile(ctx, "/etc/sluice/config.yaml")
package slowfs

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"
)

// FS reads the machine's files. The zero value is ready to use, and it is safe
// for concurrent use.
type FS struct {
	Timeout time.Duration // of one operation; default 1 s

	mu      sync.Mutex            // guards pending
	pending map[string]*operation // by verb and path; includes those that hang
}

// operation may hang. Nothing can end it then: it holds a thread until the file
// system answers.
type operation struct {
	began time.Time
	done  chan struct{}
	value any   // set before done is closed
	err   error // likewise
}

// Limits of what is read, and of the operations that may hang at once. Folders
// have a higher limit than files, so that hanging files never keep a removal
// from being seen.
const (
	MaxFileSize = 1 << 20 // bytes
	maxFiles    = 256
	maxPending  = 2 * maxFiles
)

// ErrNoAnswer means that an operation did not end within the timeout.
var ErrNoAnswer = errors.New("its file system does not answer")

var errTooManyPending = errors.New("too many other files hang")

// ReadFile reads a regular file, or the one that a link leads to.
func (f *FS) ReadFile(ctx context.Context, path string) ([]byte, error) {
	value, err := f.do(ctx, "read", path, maxFiles, func() (any, error) { return readRegular(path) })
	content, _ := value.([]byte) // nil after an error
	return content, err
}

// ReadDir lists a folder.
func (f *FS) ReadDir(ctx context.Context, path string) ([]fs.DirEntry, error) {
	value, err := f.do(ctx, "list", path, maxPending, func() (any, error) { return os.ReadDir(path) })
	entries, _ := value.([]fs.DirEntry) // nil after an error
	return entries, err
}

// Stat describes a file or folder.
func (f *FS) Stat(ctx context.Context, path string) (fs.FileInfo, error) {
	value, err := f.do(ctx, "stat", path, maxFiles, func() (any, error) { return os.Stat(path) })
	info, _ := value.(fs.FileInfo) // nil after an error
	return info, err
}

// Do calls call, which may hang, on a thread of its own. It returns when call
// does, when the timeout has passed or when ctx ends. verb and path name the
// operation, in errors and to find one that is still under way.
func (f *FS) Do(ctx context.Context, verb, path string, call func() error) error {
	_, err := f.do(ctx, verb, path, maxPending, func() (any, error) { return nil, call() })
	return err
}

// do calls call and waits for it. An operation that goes on after its timeout is
// not begun a second time: the next call for it waits for the same one and gets
// its result.
func (f *FS) do(ctx context.Context, verb, path string, limit int, call func() (any, error)) (any, error) {
	key := verb + " " + path
	op, err := f.begin(key, limit, call)
	if err != nil {
		return nil, &fs.PathError{Op: verb, Path: path, Err: err}
	}
	timeout := time.NewTimer(time.Until(op.began.Add(cmp.Or(f.Timeout, time.Second))))
	defer timeout.Stop()
	select {
	case <-op.done:
	case <-timeout.C:
		err = ErrNoAnswer
	case <-ctx.Done():
		err = ctx.Err()
	}
	select {
	case <-op.done: // a result wins over the timeout and over ctx
		f.forget(key, op)
		return op.value, op.err
	default:
		return nil, &fs.PathError{Op: verb, Path: path, Err: err}
	}
}

// begin starts an operation, unless it is under way.
func (f *FS) begin(key string, limit int, call func() (any, error)) (*operation, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if op := f.pending[key]; op != nil {
		return op, nil
	}
	if len(f.pending) >= limit {
		return nil, errTooManyPending
	}
	if f.pending == nil {
		f.pending = map[string]*operation{}
	}
	op := &operation{began: time.Now(), done: make(chan struct{})}
	f.pending[key] = op
	go func() {
		defer close(op.done)
		defer lockThread()()
		op.value, op.err = call()
	}()
	return op, nil
}

// forget removes an operation whose result was taken.
func (f *FS) forget(key string, op *operation) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pending[key] == op {
		delete(f.pending, key)
	}
}
