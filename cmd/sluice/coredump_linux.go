package main

import (
	"fmt"
	"syscall"
)

// disableCoreDumps keeps the kernel from writing this process's memory and
// environment, which hold keys, into a core file, and other processes of this user
// from reading them (prctl(2), PR_SET_DUMPABLE).
func disableCoreDumps() error {
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return fmt.Errorf("disable core dumps: %w", err)
	}
	return hideMemory()
}

// hideMemory keeps other processes of this user from reading this one's memory and environment. Unlike a limit, it is
// not inherited by commands that are run.
func hideMemory() error {
	const undumpable = 0
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_DUMPABLE, undumpable, 0); errno != 0 {
		return fmt.Errorf("disable core dumps: %w", errno)
	}
	return nil
}
