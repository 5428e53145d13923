package main

import (
	"fmt"
	"syscall"
)

// forbidCores has the kernel write no core file of this process, whose memory and
// environment hold keys, and let no other process of this user read them
// (prctl(2), PR_SET_DUMPABLE).
func forbidCores() error {
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return fmt.Errorf("forbid core files: %w", err)
	}
	const undumpable = 0
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_DUMPABLE, undumpable, 0); errno != 0 {
		return fmt.Errorf("forbid core files: %w", errno)
	}
	return nil
}
