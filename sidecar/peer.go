package sidecar

import (
	"context"
	"net"
	"net/http"
)

// peerKey is the key of the peer in a connection's context.
type peerKey struct{}

// withPeer records who is at the other end of a unix socket, where peers have no
// address.
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

// peerOf returns who sent a request: an address, or a process.
func peerOf(r *http.Request) string {
	if peer, ok := r.Context().Value(peerKey{}).(string); ok {
		return peer
	}
	return r.RemoteAddr
}
