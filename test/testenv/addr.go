package testenv

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// FreeAddr is a port of 127.0.0.1 that was free a moment ago.
func FreeAddr() (string, error) { return freeAddr(0) }

// LastingAddr is such a port for a server that stops and comes back: it lies below those that the kernel
// gives to clients (ip_local_port_range), so that it is not taken in between.
func LastingAddr() (string, error) {
	const lowest, highest, tries = 20_000, 32_000, 20
	var failed error
	for range tries {
		addr, err := freeAddr(lowest + rand.IntN(highest-lowest))
		if err == nil {
			return addr, nil
		}
		failed = errors.Join(failed, err)
	}
	return "", failed
}

func freeAddr(port int) (string, error) {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
