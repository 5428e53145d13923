package creds

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Disk is where the AWS CLI keeps its tokens, and where profiles are.
// Implementations are safe for concurrent use, by several processes too.
type Disk interface {
	ReadFile(path string) ([]byte, error)
	// Update replaces a file's content by what change makes of it, as a whole or
	// not at all, and lets nobody else do so meanwhile. If change fails or returns
	// nil, the file stays as it is.
	Update(path string, change func(old []byte) ([]byte, error)) error
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
// be kept.
func (OS) Update(path string, change func(old []byte) ([]byte, error)) (err error) {
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return fmt.Errorf("lock %s: %w", path, err)
	}
	defer lock.Close() // and with it the lock
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", path, err)
	}
	next, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp") // mode 0600
	if err != nil {
		return fmt.Errorf("update %s: %w", path, err)
	}
	defer os.Remove(next.Name()) // in vain after the rename
	old, err := os.ReadFile(path)
	if err != nil {
		return errors.Join(err, next.Close())
	}
	if err := reserve(next, lock, path, len(old)+room); err != nil {
		return errors.Join(fmt.Errorf("update %s: %w", path, err), next.Close())
	}
	content, err := change(old)
	if err != nil || content == nil {
		return errors.Join(err, next.Close())
	}
	if err := replace(next, content, path); err != nil {
		return fmt.Errorf("update %s: %w", path, err)
	}
	return nil
}

// reserve takes n bytes of the disk, and gives the new files to the old one's
// owner: root may refresh a user's token, who must be able to read it.
func reserve(next, lock *os.File, path string, n int) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && os.Getuid() == 0 {
		for _, f := range []*os.File{next, lock} {
			if err := f.Chown(int(owner.Uid), int(owner.Gid)); err != nil {
				return err
			}
		}
	}
	if _, err := next.Write(make([]byte, n)); err != nil {
		return err
	}
	return next.Sync()
}

// replace writes content durably under path's name, over what was reserved.
func replace(next *os.File, content []byte, path string) error {
	_, err := next.WriteAt(content, 0)
	if err == nil {
		err = next.Truncate(int64(len(content)))
	}
	if err != nil {
		return errors.Join(err, next.Close())
	}
	if err := errors.Join(next.Sync(), next.Close()); err != nil {
		return err
	}
	return os.Rename(next.Name(), path)
}
