package slowfs

import (
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// lockThread keeps the goroutine on its thread and blocks there the signals that
// are for the process. The kernel gives such a signal to one thread and leaves it
// there if that thread hangs: SIGTERM would wait for the file system.
func lockThread() (unlock func()) {
	runtime.LockOSThread()
	var block, before unix.Sigset_t
	for _, signal := range []syscall.Signal{unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGQUIT} {
		block.Val[0] |= 1 << (signal - 1) // all are below 32
	}
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &block, &before); err != nil {
		return runtime.UnlockOSThread
	}
	return func() {
		if err := unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil); err == nil {
			runtime.UnlockOSThread() // otherwise the thread ends with its goroutine
		}
	}
}
