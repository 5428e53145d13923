package config

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Faces are the interfaces that a listener can have. Package sidecar has a table
// of what each one does.
const (
	FaceContainer   = "container"    // ECS's container credentials
	FacePodIdentity = "pod-identity" // EKS Pod Identity's
	FaceIMDS        = "imds"         // EC2's instance metadata service
	FaceProcess     = "process"      // for sluice-credential-helper
	FaceSign        = "sign"         // a reverse proxy that signs requests
)

// Listener is an address and the faces that applications find there.
type Listener struct {
	Address     string   `json:"address"`
	Faces       []string `json:"faces"`
	Hosts       []string `json:"hosts"`
	AllowRemote bool     `json:"allow_remote"`
	SocketMode  string   `json:"socket_mode"` // octal
	IMDS        *IMDS    `json:"imds"`        // set if there is the face imds
	Service     string   `json:"service"`     // whose key the face sign signs with if no token comes; "" for none
	Sign        *Sign    `json:"sign"`        // set if there is the face sign
}

// IMDS describes the instance that the face imds presents.
type IMDS struct {
	Service          string `json:"service"`
	V1               bool   `json:"v1"`
	HopLimit         int    `json:"hop_limit"`
	Region           string `json:"region"`
	AvailabilityZone string `json:"availability_zone"`
	InstanceID       string `json:"instance_id"`
	AccountID        string `json:"account_id"`
}

// Socket returns the path of a listener at a unix socket, false for any other.
func (l Listener) Socket() (path string, is bool) {
	return strings.CutPrefix(l.Address, "unix:")
}

// isLocal reports whether a listener can be reached only from this machine and
// from those who share its network namespace.
func (l Listener) isLocal() bool {
	if _, is := l.Socket(); is {
		return true
	}
	host, _, err := net.SplitHostPort(l.Address)
	return err == nil && IsLocalHost(host)
}

// IsLocalHost reports whether a host always means this machine: localhost, a
// loopback address, or one that AWS gives its metadata services.
func IsLocalHost(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil {
		return false
	}
	a = a.Unmap()
	return a.IsLoopback() || slices.ContainsFunc(metadataNetworks, func(p netip.Prefix) bool { return p.Contains(a) })
}

// metadataNetworks hold the addresses of ECS's, EC2's and EKS's services.
var metadataNetworks = []netip.Prefix{
	netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("fd00:ec2::/32"),
}

// normalizeListeners makes a listener of host and port if there are no others,
// and checks that no address gives keys away by accident.
func (c *Config) normalizeListeners(f *file) (mistakes Mistakes) {
	single := len(c.Server.Listeners) == 0
	if single {
		c.Server.Listeners = []Listener{{
			Address:     net.JoinHostPort(c.Server.Host, strconv.Itoa(c.Server.Port)),
			Faces:       []string{FaceContainer, FaceProcess},
			Hosts:       c.Server.Hosts,
			AllowRemote: c.Server.AllowRemote,
		}}
	}
	for i, l := range c.Server.Listeners {
		problem, remedy := c.checkListener(l)
		if problem == "" {
			continue
		}
		path := []string{"server", "listeners", strconv.Itoa(i), "address"}
		if single {
			path = []string{"server", "host"}
		}
		m := f.mistake(path, problem, remedy)
		if m.Value = f.quote(path); m.Value == "" { // it is a default, or comes from a variable
			m.Value = strconv.Quote(l.Address)
		}
		mistakes = append(mistakes, m)
	}
	return mistakes
}

// checkListener says what is wrong with a listener, "" if nothing is.
func (c *Config) checkListener(l Listener) (problem, remedy string) {
	imds := slices.Contains(l.Faces, FaceIMDS)
	switch {
	case imds && l.IMDS == nil:
		return "has the face imds but no imds.service", "name the service whose key it hands out"
	case imds && !l.isLocal():
		return "can be reached from other machines, and the face imds asks for no secret token",
			"listen on 169.254.169.254:80 or on loopback"
	case !l.isLocal() && !l.AllowRemote:
		return "can be reached from other machines",
			"listen on localhost or a unix socket, or set allow_remote: true beside it"
	case imds && c.Services[l.IMDS.Service].TokenHashes == nil && !c.Dynamic.Enabled:
		return fmt.Sprintf("hands out service %q, which does not exist", l.IMDS.Service), "name one of services"
	}
	return c.checkSign(l)
}
