package sidecar

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"sluice/sidecar/config"
)

// maxBody bounds a request's body, in bytes. None is needed, but some clients
// always send one.
const maxBody = 1024

// guard denies what no application sends: requests of web pages whose name was
// pointed here (DNS rebinding), requests that came through a proxy (which is how
// EC2's service recognises forged ones), and large bodies.
func guard(l config.Listener, r *http.Request) *denial {
	switch {
	case !isHostAllowed(l, r):
		return denyHost
	case len(r.Header.Values("X-Forwarded-For")) > 0:
		return denyForwarded
	case len(r.Header.Values("Origin")) > 0:
		return denyWebPage
	case r.ContentLength > maxBody || r.ContentLength < 0:
		return denyBody
	}
	return nil
}

// isHostAllowed reports whether a request's Host is a name or an address of ours.
// An address is, if it is the one that was called or always means this machine.
func isHostAllowed(l config.Listener, r *http.Request) bool {
	if _, is := l.Socket(); is {
		return true // no web page can open a unix socket
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	isHost := func(name string) bool { return strings.EqualFold(name, host) }
	if slices.ContainsFunc(l.Hosts, isHost) || config.IsLocalHost(host) {
		return true
	}
	called, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	at, err := netip.ParseAddrPort(called.String())
	name, nameErr := netip.ParseAddr(host)
	return err == nil && nameErr == nil && at.Addr().Unmap() == name.Unmap()
}
