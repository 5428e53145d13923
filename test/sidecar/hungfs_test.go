package sidecar

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// hungFS is a file system whose server never answers.
type hungFS struct {
	dir    string
	device int
	once   sync.Once // for end
}

// mountHung mounts a file system that hangs until the test ends. A process that asks it waits, and can be killed
// meanwhile. The test is skipped if no such file system can be mounted.
func mountHung(t *testing.T) *hungFS {
	t.Helper()
	device, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no FUSE on this machine: %v", err)
	}
	f := &hungFS{dir: t.TempDir(), device: device}
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=%d,group_id=%d", device, os.Getuid(), os.Getgid())
	if err := unix.Mount("hung", f.dir, "fuse", unix.MS_NOSUID|unix.MS_NODEV, options); err != nil {
		unix.Close(device)
		t.Skipf("no FUSE file system can be mounted here: %v", err)
	}
	t.Cleanup(f.end)
	if err := f.greet(); err != nil {
		t.Fatalf("greet FUSE: %v", err)
	}
	return f
}

// end fails every request and ends the mount.
func (f *hungFS) end() {
	f.once.Do(func() {
		unix.Close(f.device)                    // which ends the connection, whatever it says
		syscall.Unmount(f.dir, unix.MNT_DETACH) // likewise the mount
	})
}

// Sizes of FUSE's structures, and the version of the protocol
// (https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/tree/include/uapi/linux/fuse.h).
const (
	fuseInHeader  = 40
	fuseOutHeader = 16
	fuseInitOut   = 64
	fuseMajor     = 7
	fuseMinor     = 31
)

// greet answers the kernel's first request, FUSE_INIT.
func (f *hungFS) greet() error {
	request := make([]byte, 8<<10+fuseInHeader) // FUSE_MIN_READ_BUFFER, at least
	n, err := unix.Read(f.device, request)
	if err != nil {
		return err
	}
	if n < fuseInHeader {
		return fmt.Errorf("a request of %d bytes", n)
	}
	unique := request[8:16]
	answer := binary.NativeEndian.AppendUint32(nil, fuseOutHeader+fuseInitOut)
	answer = append(append(answer, 0, 0, 0, 0), unique...)
	answer = binary.NativeEndian.AppendUint32(answer, fuseMajor)
	answer = binary.NativeEndian.AppendUint32(answer, fuseMinor)
	_, err = unix.Write(f.device, append(answer, make([]byte, fuseInitOut-8)...))
	return err
}

// asked reports whether a request is waiting.
func (f *hungFS) asked() bool {
	poll := []unix.PollFd{{Fd: int32(f.device), Events: unix.POLLIN}}
	n, err := unix.Poll(poll, 0)
	return err == nil && n == 1 && poll[0].Revents&unix.POLLIN != 0
}
