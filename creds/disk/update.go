package disk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// maxGrowth is how much longer an update may make a file.
const maxGrowth = 16 << 10

// update is the update of one file.
type update struct {
	dir  *os.Root
	name string
}

func (u update) run(ctx context.Context, change func(old []byte) ([]byte, error)) error {
	owner, err := u.stat(u.name)
	if err != nil {
		return err
	}
	lock, err := u.lock(ctx, owner)
	if err != nil {
		return err
	}
	defer lock.Close() // which unlocks it
	return u.replace(owner, change)
}

// replace is called with the lock held.
func (u update) replace(owner fs.FileInfo, change func(old []byte) ([]byte, error)) error {
	temporary := u.name + "." + rand.Text() + ".tmp"
	next, err := u.create(temporary, owner)
	if err != nil {
		return err
	}
	defer u.dir.Remove(temporary) // fails after the rename
	old, err := u.read()
	if err == nil {
		err = reserve(next, len(old)+maxGrowth)
	}
	var content []byte
	if err == nil {
		content, err = change(old)
	}
	if err != nil || content == nil {
		return errors.Join(err, next.Close())
	}
	if err := write(next, content); err != nil {
		return err
	}
	return u.dir.Rename(temporary, u.name)
}

// lockInterval is how often a lock that another process holds is tried.
const lockInterval = 50 * time.Millisecond

// lock waits for the lock. A lock file that exists keeps its owner.
func (u update) lock(ctx context.Context, owner fs.FileInfo) (*os.File, error) {
	name := u.name + ".lock"
	lock, err := u.create(name, owner)
	if errors.Is(err, fs.ErrExist) {
		lock, err = u.open(name, os.O_RDWR)
	}
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	for {
		err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return lock, nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			err = sleep(ctx, lockInterval)
		}
		if err != nil {
			err = fmt.Errorf("lock %s, which another process may hold: %w", lock.Name(), err)
			return nil, errors.Join(err, lock.Close())
		}
	}
}

// sleep waits for d, or returns ctx's error.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// create creates a file, and gives it to the owner of the old one, who must be able to read what root has refreshed.
func (u update) create(name string, owner fs.FileInfo) (*os.File, error) {
	f, err := u.dir.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if of, ok := owner.Sys().(*syscall.Stat_t); ok && os.Getuid() == 0 {
		if err := f.Chown(int(of.Uid), int(of.Gid)); err != nil {
			return nil, errors.Join(err, f.Close(), u.dir.Remove(name))
		}
	}
	return f, nil
}

// stat refuses what is not a regular file, such as a link, or a pipe that never ends.
func (u update) stat(name string) (fs.FileInfo, error) {
	info, err := u.dir.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		path := filepath.Join(u.dir.Name(), name)
		err = fmt.Errorf("%s is not a regular file (%v): remove it", path, info.Mode().Type())
	}
	return info, err
}

// open opens an existing file. Another process may replace it meanwhile, so it tries more than once.
func (u update) open(name string, flag int) (*os.File, error) {
	const tries = 10
	for range tries {
		seen, err := u.stat(name)
		if err != nil {
			return nil, err
		}
		f, err := u.dir.OpenFile(name, flag, 0)
		if err != nil {
			return nil, err
		}
		opened, err := f.Stat()
		if err == nil && os.SameFile(seen, opened) {
			return f, nil
		}
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%s keeps being replaced by another process", filepath.Join(u.dir.Name(), name))
}

func (u update) read() ([]byte, error) {
	f, err := u.open(u.name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// reserve allocates n bytes on the disk.
func reserve(f *os.File, n int) error {
	if _, err := f.Write(make([]byte, n)); err != nil {
		return err
	}
	return f.Sync()
}

// write durably overwrites what was reserved with content, and closes the file.
func write(f *os.File, content []byte) error {
	_, err := f.WriteAt(content, 0)
	if err == nil {
		err = f.Truncate(int64(len(content)))
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	return errors.Join(f.Sync(), f.Close())
}
