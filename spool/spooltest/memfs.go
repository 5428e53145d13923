// Package spooltest has a disk in memory that forgets what was not synced: a spool.FS that can be
// crashed before any of its operations, and made to fail at any.
//
//	disk := spooltest.New()
//	disk.CrashAt(17)                    // the 17th operation and all later ones fail with ErrCrashed
//	…
//	after := disk.Crash(spooltest.Torn(42)) // what the next process finds
//
// A file's content survives a crash if it was synced, a name if its folder was, a rename if one of its
// folders was. A Fate decides what is lost and what is kept, whole or in part, of the rest.
package spooltest

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"sluice/spool"
)

// ErrCrashed is what every operation returns once the disk's process is dead.
var ErrCrashed = errors.New("the process is dead")

// Disk is a spool.FS. It is safe for concurrent use.
type Disk struct {
	mu      sync.Mutex // guards what follows, and all inodes
	names   map[string]*inode
	durable map[string]*inode
	pending []change // of names, since their folders were synced
	locks   map[string]bool
	steps   int
	crashAt int
	failAt  int
	failing int // how many operations fail from there on
	failure error
	lying   bool
}

// change is an operation on names: from is "" for a new one, to for a removed one.
type change struct {
	from, to string
	file     *inode
}

// New makes an empty disk.
func New() *Disk {
	return &Disk{names: map[string]*inode{}, durable: map[string]*inode{}, locks: map[string]bool{}}
}

// CrashAt has the process die before operation n, counted from 1.
func (d *Disk) CrashAt(n int) { d.crashAt = n }

// FailAt has as many operations as times fail with err, the first of them operation n: a write is done
// by half before, and what was not synced when a sync fails is never synced again.
func (d *Disk) FailAt(n, times int, err error) { d.failAt, d.failing, d.failure = n, times, err }

// LyingSyncs has syncs that fail write all the same, as a disk may whose answer is lost.
func (d *Disk) LyingSyncs() { d.lying = true }

// Steps is how many operations that change something there were.
func (d *Disk) Steps() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.steps
}

// step counts an operation. It is called with mu held.
func (d *Disk) step() error {
	d.steps++
	switch {
	case d.crashAt > 0 && d.steps >= d.crashAt:
		return ErrCrashed
	case d.failAt <= d.steps && d.steps < d.failAt+d.failing:
		return d.failure
	}
	return nil
}

// dead is asked by what changes nothing. It is called with mu held.
func (d *Disk) dead() bool { return d.crashAt > 0 && d.steps >= d.crashAt }

// MkdirAll does nothing: folders are where their files are.
func (d *Disk) MkdirAll(string) error { return nil }

// Create makes a new file.
func (d *Disk) Create(name string) (spool.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return nil, err
	}
	if d.names[name] != nil {
		return nil, os.ErrExist
	}
	file := &inode{}
	d.change(change{to: name, file: file})
	return &handle{d, file}, nil
}

// Open opens a file that is there.
func (d *Disk) Open(name string) (spool.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	file := d.names[name]
	switch {
	case d.dead():
		return nil, ErrCrashed
	case file == nil:
		return nil, os.ErrNotExist
	}
	return &handle{d, file}, nil
}

// Rename replaces to by from.
func (d *Disk) Rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return err
	}
	file := d.names[from]
	if file == nil {
		return os.ErrNotExist
	}
	d.change(change{from, to, file})
	return nil
}

// Remove deletes a file.
func (d *Disk) Remove(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.names[name] == nil && !d.dead() {
		return os.ErrNotExist // changes nothing
	}
	if err := d.step(); err != nil {
		return err
	}
	d.change(change{from: name, file: d.names[name]})
	return nil
}

// change is called with mu held.
func (d *Disk) change(c change) {
	c.apply(d.names)
	d.pending = append(d.pending, c)
}

func (c change) apply(names map[string]*inode) {
	if c.from != "" {
		delete(names, c.from)
	}
	if c.to != "" {
		names[c.to] = c.file
	}
}

// List returns the names in a folder.
func (d *Disk) List(dir string) (names []string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dead() {
		return nil, ErrCrashed
	}
	for name := range d.names {
		if filepath.Dir(name) == dir {
			names = append(names, filepath.Base(name))
		}
	}
	slices.Sort(names)
	return names, nil
}

// SyncDir makes the changes of a folder's names outlast a crash.
func (d *Disk) SyncDir(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return err
	}
	d.pending = slices.DeleteFunc(d.pending, func(c change) bool {
		here := c.from != "" && filepath.Dir(c.from) == dir || c.to != "" && filepath.Dir(c.to) == dir
		if here {
			c.apply(d.durable)
		}
		return here
	})
	return nil
}

// CheckPrivate takes any folder.
func (d *Disk) CheckPrivate(string) error { return nil }

// Lock takes a name until the process is dead or gives it back.
func (d *Disk) Lock(name string) (io.Closer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.locks[name] {
		return nil, spool.ErrLocked
	}
	d.locks[name] = true
	return lock{d, name}, nil
}

type lock struct {
	disk *Disk
	name string
}

func (l lock) Close() error {
	l.disk.mu.Lock()
	defer l.disk.mu.Unlock()
	delete(l.disk.locks, l.name)
	return nil
}
