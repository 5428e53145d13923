package sidecar

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// settle checks what a schema cannot say, and puts the older spellings into
// their place.
func (c *Config) settle(d *document) (mistakes Mistakes) {
	mistakes = append(c.settleServices(d), c.settleListeners(d)...)
	c.Dynamic.check(func(path ...string) {
		m := d.mistake(append([]string{"dynamic_services"}, path...), "is not a pattern", "write a regular expression of RE2's syntax, which has no lookaround, or a shell pattern as file_pattern")
		m.Value = d.written(m.Path)
		mistakes = append(mistakes, m)
	})
	c.Dynamic.settle()
	return mistakes
}

// settleServices checks each service, and puts the defaults into its source.
func (c *Config) settleServices(d *document) (mistakes Mistakes) {
	owner := map[[sha256.Size]byte]string{}
	for _, name := range slices.Sorted(maps.Keys(c.Services)) {
		s := c.Services[name]
		wrong := func(problem, remedy string, path ...string) {
			m := d.mistake(append([]string{"services", name}, path...), problem, remedy)
			if path[0] != "auth_token" {
				m.Value = d.written(m.Path)
			}
			mistakes = append(mistakes, m)
		}
		if slices.ContainsFunc(s.AuthToken, func(t Secret) bool { return len(t) < 16 }) {
			c.Warnings = append(c.Warnings, fmt.Sprintf("service %s: its auth_token has less than 16 characters and can be guessed", name))
		}
		s.checkTokens(wrong)
		s.hashTokens()
		for _, hash := range s.hashes {
			if other, taken := owner[hash]; taken && other != name {
				wrong("is the token of service "+other+", too", "give each service a token of its own", "auth_token")
			}
			owner[hash] = name
		}
		if s.Expires != "" {
			ends, err := time.Parse(time.RFC3339, s.Expires)
			if err != nil {
				wrong("is no time of RFC 3339", "write a time such as 2027-01-31T00:00:00Z", "expires")
			}
			s.ends = ends
		}
		if s.Source.Profile != nil && s.Source.Keys != nil {
			c.Warnings = append(c.Warnings, fmt.Sprintf("service %s: iam_profile wins over iam_keys, as in CredProxy; leave one out", name))
		}
		s.Source = s.Source.or(c.Defaults)
		if s.Role != nil {
			s.checkRole(wrong)
			if s.Role.TokenCode != "" {
				c.Warnings = append(c.Warnings, fmt.Sprintf("service %s: TokenCode works once; its key cannot be refreshed", name))
			}
		}
		c.Services[name] = s
	}
	return mistakes
}

// checkTokens refuses what cannot be meant as a token, or sent as one.
func (s *ServiceConfig) checkTokens(wrong func(problem, remedy string, path ...string)) {
	for _, token := range s.AuthToken {
		switch text := string(token); {
		case strings.ContainsFunc(text, unicode.IsControl):
			wrong("has a line break or another control character in it", "write one line of printable characters", "auth_token")
		case reference.MatchString(text):
			wrong("has ${…} in it that is not a reference", "write ${fromEnv:NAME} or ${fromFile:PATH}", "auth_token")
		}
	}
}

// checkRole checks a role against its region and its policy.
func (s *ServiceConfig) checkRole(wrong func(problem, remedy string, path ...string)) {
	home, known := partitionOfRole(s.Role.RoleARN)
	switch region := s.Source.Region; {
	case !known:
		wrong("names no partition of AWS", "write arn:aws:iam::… or arn:aws-cn:iam::… and so on", "assumed_role", "RoleArn")
	case region == "" && home.name != "aws":
		s.Source.Region = home.region
	case region != "" && partitionOfRegion(region) != home:
		wrong(fmt.Sprintf("is in partition %s, but region %s is not", home.name, region), "write the region of the role's partition into source_credentials", "assumed_role", "RoleArn")
	}
	if p := s.Role.Policy; p != "" && !json.Valid([]byte(p)) {
		wrong("is no JSON", "write a policy document", "assumed_role", "Policy")
	}
	for i, key := range s.Role.TransitiveTags {
		if !slices.ContainsFunc(s.Role.Tags, func(t Tag) bool { return t.Key == key }) {
			wrong("is not the Key of one of the Tags", "add the tag, or leave the key out", "assumed_role", "TransitiveTagKeys", strconv.Itoa(i))
		}
	}
}

// settleListeners makes a listener of host and port if there are no others, and
// checks that nobody gets keys by accident.
func (c *Config) settleListeners(d *document) (mistakes Mistakes) {
	single := len(c.Server.Listeners) == 0
	if single {
		c.Server.Listeners = []Listener{{
			Address: net.JoinHostPort(c.Server.Host, strconv.Itoa(c.Server.Port)), Faces: []string{faceContainer, faceProcess},
			Hosts: c.Server.Hosts, AllowRemote: c.Server.AllowRemote,
		}}
	}
	for i, l := range c.Server.Listeners {
		path := []string{"server", "listeners", strconv.Itoa(i), "address"}
		if single {
			path = []string{"server", "host"}
		}
		wrong := func(problem, remedy string) {
			m := d.mistake(path, problem, remedy)
			if m.Value = d.written(path); m.Value == "" { // it is a default, or a variable's
				m.Value = strconv.Quote(l.Address)
			}
			mistakes = append(mistakes, m)
		}
		plays := slices.Contains(l.Faces, faceIMDS)
		switch {
		case plays && l.IMDS == nil:
			wrong("has the face imds, but no imds.service", "name the service whose key it hands out")
		case plays && !l.local():
			wrong("can be reached from other machines, and the face imds knows no token", "listen on 169.254.169.254:80 or on loopback")
		case !l.local() && !l.AllowRemote:
			wrong("can be reached from other machines", "listen on localhost or a unix socket, or set allow_remote: true beside it")
		case plays && c.Services[l.IMDS.Service].hashes == nil && !c.Dynamic.Enabled:
			wrong(fmt.Sprintf("hands out service %q, which is not there", l.IMDS.Service), "name one of services")
		}
	}
	return mistakes
}

// local tells whether nobody but this machine, or those who share its network
// namespace, can reach a listener.
func (l Listener) local() bool {
	if strings.HasPrefix(l.Address, unixPrefix) {
		return true
	}
	host, _, err := net.SplitHostPort(l.Address)
	return err == nil && localHost(host)
}

// localHost tells whether a host is this machine by its very name: loopback, or
// an address that AWS gives its metadata services.
func localHost(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && localAddr(a)
}

func localAddr(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsLoopback() || slices.ContainsFunc(metadataNetworks(), func(p netip.Prefix) bool { return p.Contains(a) })
}

// metadataNetworks hold the addresses of ECS's, EC2's and EKS's services.
func metadataNetworks() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("fd00:ec2::/32")}
}
