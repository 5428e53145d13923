package testenv

import "syscall"

// noOrphan has the kernel kill a child when we die, however we die: a test that runs out of time leaves
// no Fluent Bit behind.
func noOrphan() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
