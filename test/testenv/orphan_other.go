//go:build !linux

package testenv

import "syscall"

// noOrphan does nothing: only Linux knows how.
func noOrphan() *syscall.SysProcAttr { return nil }
