//go:build !linux

package stack

import "syscall"

// noOrphan does nothing: only Linux knows how.
func noOrphan() *syscall.SysProcAttr { return nil }
