package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Counter is a number that survives restarts. It returns each value once, provided that
// its owner calls Persist before the last durable record of a value is removed. It is safe
// for concurrent use.
//
// The number is in the name of an empty file, NAME.NUMBER: on a full disk a file can still
// be renamed, and segments must be removed for the disk to empty.
type Counter struct {
	fs   FS
	dir  string
	name string

	mu   sync.Mutex // guards what follows
	next uint64
	kept uint64 // the number in the file's name
	file string // its name, "" if there is none
}

// Counter opens the counter of the given name, which begins at 0.
func (s *Spool) Counter(name string) (*Counter, error) {
	c := &Counter{fs: s.opts.FS, dir: s.opts.Dir, name: name}
	names, err := c.fs.List(c.dir)
	if err != nil {
		return nil, fmt.Errorf("open counter: %w", err)
	}
	if slices.Contains(names, name) {
		if c.kept, err = c.readOlder(); err != nil {
			return nil, fmt.Errorf("open counter: %w", err)
		}
	}
	for _, file := range names {
		number, isCounter := strings.CutPrefix(file, name+".")
		value, err := strconv.ParseUint(number, 10, 64)
		if isCounter && err == nil && (c.file == "" || value > c.kept) {
			c.file, c.kept = file, max(c.kept, value)
		}
	}
	c.next = c.kept
	return c, nil
}

// readOlder reads the number as older versions kept it: in a file named like the counter.
func (c *Counter) readOlder() (value uint64, err error) {
	file, err := c.fs.Open(filepath.Join(c.dir, c.name))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	text := make([]byte, 32)
	n, err := file.ReadAt(text, 0)
	if err != nil && err != io.EOF {
		return 0, err
	}
	return strconv.ParseUint(strings.TrimSpace(string(text[:n])), 10, 64)
}

// Next returns the next value. While a durable record of it exists, such as a segment's
// meta, it need not be persisted.
func (c *Counter) Next() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next++
	return c.next - 1
}

// Observe records that an earlier process used a value.
func (c *Counter) Observe(value uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next = max(c.next, value+1)
}

// Persist makes it durable that no value is returned again.
func (c *Counter) Persist() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == c.next {
		return nil
	}
	file := fmt.Sprintf("%s.%d", c.name, c.next)
	if err := c.move(file); err != nil {
		return fmt.Errorf("keep counter: %w", err)
	}
	c.file = file
	if err := c.fs.SyncDir(c.dir); err != nil {
		return fmt.Errorf("keep counter: %w", err)
	}
	c.kept = c.next
	return nil
}

// move renames the file, or creates it. If the name exists already, an earlier sync of the
// folder failed.
func (c *Counter) move(to string) error {
	if c.file == to {
		return nil
	}
	if c.file != "" {
		err := c.fs.Rename(filepath.Join(c.dir, c.file), filepath.Join(c.dir, to))
		if !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	file, err := c.fs.Create(filepath.Join(c.dir, to))
	if err != nil {
		return err
	}
	return file.Close()
}
