package sidecar

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// maxBody is what a request may carry: nothing, but a client's habit is not
// refused.
const maxBody = 1024

// guard refuses what no application sends: pages of browsers whose name points
// here (DNS rebinding), requests that came through a proxy (by which a forged
// one is known, as for EC2's service), and bodies.
func (l Listener) guard(r *http.Request) *refusal {
	switch {
	case !l.hostAllowed(r):
		return errBadHost()
	case len(r.Header.Values("X-Forwarded-For")) > 0:
		return refuse(http.StatusForbidden, "AccessDenied", "Forwarded requests are not allowed")
	case len(r.Header.Values("Origin")) > 0:
		return refuse(http.StatusForbidden, "AccessDenied", "Requests of web pages are not allowed")
	case r.ContentLength > maxBody || r.ContentLength < 0:
		return refuse(http.StatusRequestEntityTooLarge, "RequestTooLarge", "Request too large")
	}
	return nil
}

// hostAllowed tells whether a request's Host is a name of ours. An address can
// be no other's name, if it is the one that was called, or of this machine by
// its very nature.
func (l Listener) hostAllowed(r *http.Request) bool {
	if strings.HasPrefix(l.Address, unixPrefix) {
		return true // no page can open a socket in a folder
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	if slices.ContainsFunc(l.Hosts, func(name string) bool { return strings.EqualFold(name, host) }) || localHost(host) {
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
