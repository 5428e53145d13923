package sign

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// unsigned reports whether a header is left out of signatures: because it carries one, or because it belongs to one
// connection (RFC 9110, section 7.6.1) or is rewritten on the way. The SDK's signer leaves out some of them, too.
func unsigned(name string) bool {
	switch strings.ToLower(name) {
	case "authorization", "user-agent", "x-amzn-trace-id", "expect",
		"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
		"transfer-encoding", "upgrade", "host", "content-length":
		return true
	}
	return false
}

// signedNames lists the headers of r that are signed, in small letters and sorted.
func signedNames(r *http.Request) []string {
	names := []string{"host"}
	if r.ContentLength > 0 {
		names = append(names, "content-length")
	}
	for name := range r.Header {
		if !unsigned(name) {
			names = append(names, strings.ToLower(name))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// signedHeader is what is signed of r's header, by canonical names and with canonical values.
func signedHeader(r *http.Request) http.Header {
	header := http.Header{}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) { // net/http sends them in this order
		if unsigned(name) {
			continue
		}
		for _, value := range r.Header[name] {
			header.Add(name, canonicalValue(value))
		}
	}
	return header
}

// canonicalValue trims a value and leaves one space of several.
func canonicalValue(value string) string {
	value = strings.TrimSpace(value)
	for strings.Contains(value, "  ") {
		value = strings.ReplaceAll(value, "  ", " ")
	}
	return value
}
