package container

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"syscall"
)

// transport returns the way to the service. It serves one retrieval and keeps no connection.
func (p *Provider) transport(scheme string) http.RoundTripper {
	if p.Transport != nil {
		return p.Transport
	}
	dialer := &net.Dialer{Timeout: connectTimeout, Resolver: p.Resolver}
	if scheme == "http" {
		// A name may resolve to another address each time, so check the address that is about to be dialled.
		dialer.ControlContext = checkAddress
	}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: p.RootCAs},
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxAnswer,
	}
}

// dialRefusedError means that an address was not dialled.
type dialRefusedError struct{}

func (dialRefusedError) Error() string { return "dial refused: " + httpHosts }

// checkAddress is called with each address before it is connected to.
func checkAddress(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !allowsHTTP(at.Addr()) {
		return dialRefusedError{}
	}
	return nil
}
