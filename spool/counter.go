package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// Counter is a number that survives restarts: each value is given out once, if
// its owner sees to it that what was given out is kept before it is forgotten. It
// is safe for concurrent use.
type Counter struct {
	fs   FS
	path string

	mu   sync.Mutex // guards what follows
	next uint64
	kept uint64 // what the file says
}

// Counter opens the counter of the given name, which begins at 0.
func (s *Spool) Counter(name string) (*Counter, error) {
	c := &Counter{fs: s.opts.FS, path: filepath.Join(s.opts.Dir, name)}
	file, err := s.opts.FS.Open(c.path)
	if errors.Is(err, os.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open counter: %w", err)
	}
	defer file.Close()
	size, err := file.Size()
	if err != nil {
		return nil, fmt.Errorf("open counter: %w", err)
	}
	text := make([]byte, min(size, 32))
	if n, err := file.ReadAt(text, 0); n < len(text) {
		return nil, fmt.Errorf("open counter: %w", err)
	}
	if c.next, err = strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64); err != nil {
		return nil, fmt.Errorf("open counter %s: %w", c.path, err)
	}
	c.kept = c.next
	return c, nil
}

// Take returns the next value. Whoever has a durable note of it, such as a
// segment's meta, needs Keep only before that is gone.
func (c *Counter) Take() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next++
	return c.next - 1
}

// Given notes that a value was given out by an earlier process.
func (c *Counter) Given(value uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next = max(c.next, value+1)
}

// Keep makes it durable that no value is given out again.
func (c *Counter) Keep() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == c.next {
		return nil
	}
	if err := c.store(c.next); err != nil {
		return fmt.Errorf("keep counter: %w", err)
	}
	c.kept = c.next
	return nil
}

// store replaces the file: write, fsync, rename, fsync the folder.
func (c *Counter) store(next uint64) error {
	temp := c.path + ".new"
	if err := c.fs.Remove(temp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	file, err := c.fs.Create(temp)
	if err != nil {
		return err
	}
	_, err = file.WriteAt([]byte(strconv.FormatUint(next, 10)+"\n"), 0)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := c.fs.Rename(temp, c.path); err != nil {
		return err
	}
	return c.fs.SyncDir(filepath.Dir(c.path))
}
