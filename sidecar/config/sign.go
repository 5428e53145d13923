package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Sign describes the requests of the face sign: how they are signed, and where they go.
type Sign struct {
	Service         string   `json:"service"` // its signing name, such as es
	Region          string   `json:"region"`  // with sigv4a a region set
	Upstream        string   `json:"upstream"`
	Algorithm       string   `json:"algorithm"` // sigv4 or sigv4a
	UnsignedPayload bool     `json:"unsigned_payload"`
	Strip           []string `json:"strip"`   // headers that are not passed on
	CAFile          string   `json:"ca_file"` // that verifies upstream; "" for the system's
}

// parseUpstream returns the server's URL, and what is wrong with it.
func (s Sign) parseUpstream() (u *url.URL, problem string) {
	u, err := url.Parse(s.Upstream)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Sprintf("has the upstream %q, which is not a URL", s.Upstream)
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return nil, fmt.Sprintf("has the upstream %q, with more than a scheme and a host", s.Upstream)
	}
	return u, ""
}

// URL returns the upstream's scheme and host. The configuration was checked.
func (s Sign) URL() *url.URL {
	u, _ := s.parseUpstream()
	return &url.URL{Scheme: u.Scheme, Host: u.Host}
}

// checkSign says what is wrong with the face sign of a listener, "" if nothing is.
func (c *Config) checkSign(l Listener) (problem, remedy string) {
	has := slices.Contains(l.Faces, FaceSign)
	switch {
	case !has && (l.Sign != nil || l.Service != ""):
		return "has settings of the face sign, but not the face", "write faces: [sign], or remove sign and service"
	case !has:
		return "", ""
	case len(l.Faces) > 1:
		return "has the face sign and others", "give the face sign an address of its own: it takes every path"
	case l.Sign == nil:
		return "has the face sign but no sign", "write sign: {service: es, region: eu-central-1, upstream: https://…}"
	case l.Service != "" && !l.isLocal():
		return "can be reached from other machines, and signs with service " + l.Service + " for all that ask",
			"listen on loopback or on a unix socket, or remove service, so that a token is needed"
	case l.Service != "" && c.Services[l.Service].TokenHashes == nil && !c.Dynamic.Enabled:
		return fmt.Sprintf("signs with service %q, which does not exist", l.Service), "name one of services"
	}
	if _, problem := l.Sign.parseUpstream(); problem != "" {
		return problem, "write https://host or https://host:port"
	}
	return "", ""
}
