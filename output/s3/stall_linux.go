package s3

import (
	"net"

	"golang.org/x/sys/unix"
)

// moved returns how many bytes the other side has acknowledged on a TCP connection: the
// kernel goes on sending long after a write has returned.
func moved(conn net.Conn) (acknowledged uint64) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return 0
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) { // fails when the connection is closed
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			acknowledged = info.Bytes_acked
		}
	})
	return acknowledged
}
