package sidecar

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// unixPrefix is what the address of a unix socket begins with.
const unixPrefix = "unix:"

// listen opens a listener's address.
func (l Listener) listen(ctx context.Context) (net.Listener, error) {
	if path, is := strings.CutPrefix(l.Address, unixPrefix); is {
		return l.listenUnix(ctx, path)
	}
	config := net.ListenConfig{Control: l.control}
	listener, err := config.Listen(ctx, "tcp", l.Address)
	if errors.Is(err, syscall.EADDRNOTAVAIL) {
		host, _, _ := net.SplitHostPort(l.Address)
		err = fmt.Errorf("%w (this machine does not have the address: ip addr add %s dev lo)", err, host)
	}
	return listener, err
}

// listenUnix opens a socket in a folder. One that nobody listens on any more is
// removed first.
func (l Listener) listenUnix(ctx context.Context, path string) (net.Listener, error) {
	if info, err := os.Stat(path); err == nil && info.Mode()&fs.ModeSocket != 0 {
		if conn, err := net.Dial("unix", path); err == nil {
			conn.Close()
			return nil, fmt.Errorf("listen on %s: somebody else does", path)
		}
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	mode, err := strconv.ParseUint(l.SocketMode, 8, 32)
	if err != nil {
		return nil, fmt.Errorf("socket_mode %q: %w", l.SocketMode, err)
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

// control sets the hop limit of the face imds: what is further away gets no
// reply. Connections inherit it from their listener.
func (l Listener) control(network, _ string, c syscall.RawConn) error {
	if l.IMDS == nil || l.IMDS.HopLimit == 0 {
		return nil
	}
	level, option := syscall.IPPROTO_IP, syscall.IP_TTL
	if network == "tcp6" {
		level, option = syscall.IPPROTO_IPV6, syscall.IPV6_UNICAST_HOPS
	}
	var failed error
	err := c.Control(func(fd uintptr) { failed = syscall.SetsockoptInt(int(fd), level, option, l.IMDS.HopLimit) })
	return errors.Join(err, failed)
}

// peerKey is where a connection's context has its peer.
type peerKey struct{}

// withPeer notes who is at the other end of a unix socket; nobody has an address
// there.
func withPeer(ctx context.Context, c net.Conn) context.Context {
	conn, ok := c.(*net.UnixConn)
	if !ok {
		return ctx
	}
	peer := "unix"
	if raw, err := conn.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { peer = peerOfSocket(int(fd)) })
	}
	return context.WithValue(ctx, peerKey{}, peer)
}

// peerOf names who asks.
func peerOf(r *http.Request) string {
	if peer, ok := r.Context().Value(peerKey{}).(string); ok {
		return peer
	}
	return r.RemoteAddr
}
