package creds

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"syscall"
)

// transport makes the way to the service. It is used for one retrieval, and
// keeps no connection.
func (c *Container) transport(scheme string) http.RoundTripper {
	if c.Transport != nil {
		return c.Transport
	}
	dialer := &net.Dialer{Timeout: containerConnect, Resolver: c.Resolver}
	if scheme == "http" {
		// A name may have another address each time it is looked up: one that is
		// judged before need not be the one that is dialled.
		dialer.ControlContext = judgeAddress
	}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: c.RootCAs},
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxAnswer,
	}
}

// refusedError says that an address was not dialled.
type refusedError struct{}

func (refusedError) Error() string { return "dial refused: " + httpHosts }

// judgeAddress is called with each address before it is connected to.
func judgeAddress(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !allowedByHTTP(at.Addr()) {
		return refusedError{}
	}
	return nil
}
