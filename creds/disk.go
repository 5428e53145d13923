package creds

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

	"sluice/imds"
)

// Disk is where the AWS CLI keeps its tokens, and where profiles are.
// Implementations are safe for concurrent use, by several processes too.
type Disk interface {
	ReadFile(path string) ([]byte, error)
	// Update replaces a file's content by what change makes of it, as a whole or
	// not at all, and lets nobody else do so meanwhile; ctx bounds the wait for those
	// who do. If change fails or returns nil, the file stays as it is.
	Update(ctx context.Context, path string, change func(old []byte) ([]byte, error)) error
}

// OS is the machine's disk.
type OS struct{}

// ReadFile is os.ReadFile.
func (OS) ReadFile(path string) ([]byte, error) { return os.ReadFile(path) }

// room is how much longer a file may get in an update.
const room = 16 << 10

// Update holds a lock on path.lock, which stays there, for processes that know
// of it. The temporary file is made first, as large as it may get: a refresh
// token may be good for one use, and must not be spent where its successor cannot
// be kept. Of a link, the file that it points to is updated.
//
// Root may refresh a user's token in a folder that the user can write. So all is
// done within the folder as it was opened, no link is followed in it, and nothing
// is given to the user but what was made here.
func (OS) Update(ctx context.Context, path string, change func(old []byte) ([]byte, error)) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	dir, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("update %s: %w", path, err)
	}
	defer dir.Close()
	if err := (update{dir, filepath.Base(path)}).run(ctx, change); err != nil {
		return fmt.Errorf("update %s: %w", path, err)
	}
	return nil
}

// update is that of one file.
type update struct {
	dir  *os.Root
	name string
}

func (u update) run(ctx context.Context, change func(old []byte) ([]byte, error)) error {
	owner, err := u.look(u.name)
	if err != nil {
		return err
	}
	lock, err := u.lock(ctx, owner)
	if err != nil {
		return err
	}
	defer lock.Close() // and with it the lock
	return u.replace(owner, change)
}

// replace is called with the lock held.
func (u update) replace(owner fs.FileInfo, change func(old []byte) ([]byte, error)) error {
	temporary := u.name + "." + rand.Text() + ".tmp"
	next, err := u.create(temporary, owner)
	if err != nil {
		return err
	}
	defer u.dir.Remove(temporary) // in vain after the rename
	old, err := u.read()
	if err == nil {
		err = reserve(next, len(old)+room)
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

// lockPause is how long a lock that is held is left alone.
const lockPause = 50 * time.Millisecond

// lock waits for the lock. A lock that is there may be anyone's, and is not
// given away.
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
			err = imds.Pause(ctx, lockPause)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("lock %s, which others may hold: %w", lock.Name(), err), lock.Close())
		}
	}
}

// create makes a file that is not there, and gives it to the old one's owner, who
// must be able to read what root has refreshed.
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

// look refuses what is not a file: a link, or a pipe that never ends.
func (u update) look(name string) (fs.FileInfo, error) {
	info, err := u.dir.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file (%v): remove it", filepath.Join(u.dir.Name(), name), info.Mode().Type())
	}
	return info, err
}

// open opens a file that is there. Another process may replace it meanwhile,
// which says nothing against it, unless it goes on.
func (u update) open(name string, flag int) (*os.File, error) {
	const tries = 10
	for range tries {
		seen, err := u.look(name)
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
	return nil, fmt.Errorf("%s is replaced again and again", filepath.Join(u.dir.Name(), name))
}

func (u update) read() ([]byte, error) {
	f, err := u.open(u.name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// reserve takes n bytes of the disk.
func reserve(f *os.File, n int) error {
	if _, err := f.Write(make([]byte, n)); err != nil {
		return err
	}
	return f.Sync()
}

// write writes content durably over what was reserved, and closes the file.
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
