//go:build !linux

package testenv

import (
	"errors"
	"net"
	"net/netip"
)

// RunInNamespace fails: only Linux knows how.
func RunInNamespace(string) (code int, err error) { return 0, errors.ErrUnsupported }

// SetLoopback fails: only Linux knows how.
func SetLoopback() error { return errors.ErrUnsupported }

// AddAddress fails: only Linux knows how.
func AddAddress(netip.Addr) error { return errors.ErrUnsupported }

// DropPackets fails: only Linux knows how.
func DropPackets(*net.TCPListener) error { return errors.ErrUnsupported }
