// Package faultfs mounts a folder a second time through FUSE, as a disk that can be made to fail.
//
//	disk := faultfs.Mount(t)
//	run(disk.Dir)                                    // works like the folder disk.Below
//	disk.SetFault(func(op faultfs.Op) error {        // from now on
//		if op.Kind == faultfs.Read && op.Covers(5000) {
//			return syscall.EIO
//		}
//		return nil
//	})
//
// Every read and write reaches the fault: the kernel keeps no pages of the mount's files.
package faultfs

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// Kind is what is done to a file or a folder.
type Kind string

// The kinds of operations that ask for a fault.
const (
	Lookup   Kind = "lookup"
	List     Kind = "list"
	Open     Kind = "open"
	Create   Kind = "create"
	Read     Kind = "read"
	Write    Kind = "write"
	Truncate Kind = "truncate"
	Sync     Kind = "sync" // of a file or a folder
	Rename   Kind = "rename"
	Remove   Kind = "remove"
	Mkdir    Kind = "mkdir"
)

// Changes reports whether an operation of this kind changes the disk: what a read-only one refuses.
func (k Kind) Changes() bool {
	switch k {
	case Create, Write, Truncate, Rename, Remove, Mkdir:
		return true
	}
	return false
}

// Op is an operation that is about to be done.
type Op struct {
	Kind    Kind
	Path    string // within the mount, such as "sluice.0/lock"
	Off     int64  // of a read or a write, in bytes
	Len     int64
	NewPath string // of a rename
}

// Covers reports whether the byte at off is read or written.
func (o Op) Covers(off int64) bool { return o.Off <= off && off < o.Off+o.Len }

// Fault decides what becomes of an operation. With an error, a syscall.Errno, the operation is not done and
// fails with it; with ErrDone it is done and fails with EIO. It may block, as a hung disk does. It is called
// from many goroutines.
type Fault func(Op) error

// ErrDone has an operation done, and yet fail with EIO.
const ErrDone = syscall.Errno(0x10000)

// FS is a mounted disk. It is safe for concurrent use.
type FS struct {
	Dir   string // the mount's folder
	Below string // the folder that it shows

	gone chan struct{} // closed at the end of the test

	mu    sync.Mutex // guards fault
	fault Fault
}

// Mount mounts a disk until the test ends. It skips the test where FUSE cannot be had.
func Mount(t testing.TB) *FS {
	t.Helper()
	if _, err := os.Stat("/dev/fuse"); err != nil {
		t.Skipf("no FUSE on this machine: %v", err)
	}
	disk := &FS{Dir: t.TempDir(), Below: t.TempDir(), gone: make(chan struct{})}
	loopback, err := fs.NewLoopbackRoot(disk.Below)
	if err != nil {
		t.Fatal(err)
	}
	never := time.Duration(0)
	server, err := fs.Mount(disk.Dir, &node{loopback.(*fs.LoopbackNode), disk}, &fs.Options{
		EntryTimeout: &never, AttrTimeout: &never, NegativeTimeout: &never,
		MountOptions: fuse.MountOptions{DirectMount: true, FsName: "faultfs", Name: "faultfs"},
	})
	if err != nil {
		t.Skipf("no FUSE file system can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		disk.SetFault(nil)
		close(disk.gone)
		if err := syscall.Unmount(disk.Dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount %s: %v", disk.Dir, err)
		}
		server.Wait()
	})
	return disk
}

// SetFault has f decide from now on; nil ends all faults.
func (d *FS) SetFault(f Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault = f
}

// Hang blocks until the test ends: a Fault calls it for an operation that never returns.
func (d *FS) Hang() error {
	<-d.gone
	return syscall.EIO
}

// decide asks the fault. done is whether the operation is done all the same.
func (d *FS) decide(op Op) (done bool, errno syscall.Errno) {
	d.mu.Lock()
	fault := d.fault
	d.mu.Unlock()
	if fault == nil {
		return true, 0
	}
	switch err := fault(op); {
	case err == nil:
		return true, 0
	case errors.Is(err, ErrDone):
		return true, syscall.EIO
	default:
		return false, fs.ToErrno(err)
	}
}
