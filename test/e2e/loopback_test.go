package e2e

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// setLoopback sets the loopback device of a new namespace up and gives it the metadata service's
// address besides 127.0.0.1, as an alias (netdevice(7)), so that no program is needed for it.
func setLoopback() error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(socket)
	if err := setFlags(socket, "lo"); err != nil {
		return err
	}
	alias, err := unix.NewIfreq("lo:1")
	if err != nil {
		return err
	}
	address := netip.MustParseAddr("169.254.169.254").As4()
	if err := alias.SetInet4Addr(address[:]); err != nil {
		return err
	}
	if err := unix.IoctlIfreq(socket, unix.SIOCSIFADDR, alias); err != nil {
		return fmt.Errorf("add 169.254.169.254: %w", err)
	}
	return nil
}

func setFlags(socket int, device string) error {
	request, err := unix.NewIfreq(device)
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, request)
}
