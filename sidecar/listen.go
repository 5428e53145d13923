package sidecar

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"syscall"

	"sluice/sidecar/config"
)

// listen opens a listener's address.
func listen(ctx context.Context, l config.Listener) (net.Listener, error) {
	if path, is := l.Socket(); is {
		return listenUnix(ctx, path, l.SocketMode)
	}
	options := net.ListenConfig{}
	if l.IMDS != nil && l.IMDS.HopLimit != 0 {
		options.Control = limitHops(l.IMDS.HopLimit)
	}
	listener, err := options.Listen(ctx, "tcp", l.Address)
	if errors.Is(err, syscall.EADDRNOTAVAIL) {
		host, _, _ := net.SplitHostPort(l.Address)
		err = fmt.Errorf("%w (this machine does not have the address: ip addr add %s dev lo)", err, host)
	}
	return listener, err
}

// listenUnix opens a unix socket. A socket on which nothing listens any more is
// removed first.
func listenUnix(ctx context.Context, path, octalMode string) (net.Listener, error) {
	if info, err := os.Stat(path); err == nil && info.Mode()&fs.ModeSocket != 0 {
		if conn, err := net.Dial("unix", path); err == nil {
			conn.Close()
			return nil, fmt.Errorf("listen on %s: another process already does", path)
		}
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	mode, err := strconv.ParseUint(octalMode, 8, 32)
	if err != nil {
		return nil, fmt.Errorf("socket_mode %q: %w", octalMode, err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, fs.FileMode(mode)); err != nil {
		listener.Close()
		return nil, err
	}
	return listener, nil
}

// limitHops makes a control function that sets how many routers a reply may pass,
// plus one. Connections inherit it from their listener.
func limitHops(limit int) func(network, address string, c syscall.RawConn) error {
	return func(network, _ string, c syscall.RawConn) error {
		level, option := syscall.IPPROTO_IP, syscall.IP_TTL
		if network == "tcp6" {
			level, option = syscall.IPPROTO_IPV6, syscall.IPV6_UNICAST_HOPS
		}
		var failed error
		err := c.Control(func(fd uintptr) { failed = syscall.SetsockoptInt(int(fd), level, option, limit) })
		return errors.Join(err, failed)
	}
}
