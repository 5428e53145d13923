package sidecar

import (
	"fmt"
	"syscall"
)

// peerOfSocket describes the process at the other end of a unix socket.
func peerOfSocket(fd int) string {
	c, err := syscall.GetsockoptUcred(fd, syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	if err != nil {
		return "unix"
	}
	return fmt.Sprintf("unix pid=%d uid=%d gid=%d", c.Pid, c.Uid, c.Gid)
}
