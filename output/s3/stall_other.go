//go:build !linux

package s3

import "net"

// moved returns 0: only Linux has TCP_INFO.
func moved(net.Conn) uint64 { return 0 }
