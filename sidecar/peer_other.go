//go:build !linux

package sidecar

// peerOfSocket cannot name the process at the other end of a unix socket.
func peerOfSocket(int) string { return "unix" }
