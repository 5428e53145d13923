package sidecar

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"sync"
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
	// The socket gets its permissions before it gets its name: in between, others could open it.
	hidden := path + ".new"
	if err := os.Remove(hidden); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", hidden)
	if err != nil {
		return nil, err
	}
	listener.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := errors.Join(os.Chmod(hidden, fs.FileMode(mode)), os.Rename(hidden, path)); err != nil {
		return nil, errors.Join(err, listener.Close(), os.Remove(hidden))
	}
	return &socket{Listener: listener, path: path}, nil
}

// socket is a listener at a unix socket, which is removed when it is closed.
type socket struct {
	net.Listener
	path string
	once sync.Once
}

// Addr is where clients find it.
func (s *socket) Addr() net.Addr { return &net.UnixAddr{Name: s.path, Net: "unix"} }

// Close ends it.
func (s *socket) Close() error {
	var err error
	s.once.Do(func() { err = os.Remove(s.path) }) // later it may be another process's
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, s.Listener.Close())
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
