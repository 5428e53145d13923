package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// FS is the disk below a spool. Names are paths. Only what was synced is guaranteed to
// survive a crash: File.Sync for a file's content, SyncDir for the names in a folder.
type FS interface {
	MkdirAll(dir string) error
	Create(name string) (File, error) // fails if name exists
	Open(name string) (File, error)   // for reading and writing
	Rename(from, to string) error
	Remove(name string) error
	List(dir string) ([]string, error) // base names of the files in dir, sorted
	SyncDir(dir string) error
	// CheckPrivate refuses a folder that others control, with the remedy.
	CheckPrivate(dir string) error
	// Lock locks name until the result is closed. It fails with ErrLocked if another
	// process or instance holds it.
	Lock(name string) (io.Closer, error)
}

// File is an open file of an FS.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Sync() error
	Truncate(size int64) error
	Size() (int64, error)
	Removed() (bool, error) // whether its last name was removed
	// Evict advises that what is before end will not be read again, so that the system
	// may reuse its memory.
	Evict(end int64)
}

// OS is the real disk.
type OS struct{}

// Modes: logs are private.
const (
	dirMode  = 0o700
	fileMode = 0o600
)

// MkdirAll creates dir and its parents.
func (OS) MkdirAll(dir string) error { return os.MkdirAll(dir, dirMode) }

// Create creates a new file.
func (OS) Create(name string) (File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, fileMode)
	return osFile{f}, err
}

// Open opens an existing file and follows no link. On a disk that has become read-only it
// opens the file for reading, so that it can be shipped.
func (OS) Open(name string) (File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|syscall.O_NOFOLLOW, 0)
	if errors.Is(err, syscall.EROFS) {
		f, err = os.OpenFile(name, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	}
	return osFile{f}, err
}

// Rename renames from, and replaces to.
func (OS) Rename(from, to string) error { return os.Rename(from, to) }

// Remove deletes a file.
func (OS) Remove(name string) error { return os.Remove(name) }

// List returns the sorted names of the regular files in dir.
func (OS) List(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// SyncDir makes the names in dir durable.
func (OS) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Lock takes an advisory lock (flock), which the kernel releases when the process dies. It
// also holds between instances in one process.
func (OS) Lock(name string) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, fileMode)
	if errors.Is(err, syscall.ELOOP) {
		return nil, fmt.Errorf("%s is a symbolic link, which sluice does not create: remove it", name)
	}
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder := make([]byte, 32)
		n, _ := f.Read(holder)
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w by process %s", ErrLocked, holder[:n])
		}
		return nil, fmt.Errorf("lock %s: %w", filepath.Base(name), err)
	}
	// The process ID is for the error message above; the lock does not depend on it.
	err = errors.Join(f.Truncate(0), write(f, fmt.Sprint(os.Getpid())))
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func write(w io.Writer, s string) error {
	_, err := io.WriteString(w, s)
	return err
}

type osFile struct{ *os.File }

func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (f osFile) Removed() (bool, error) {
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Nlink == 0, nil
}
