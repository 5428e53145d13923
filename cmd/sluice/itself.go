package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"sluice/creds"
	"sluice/sidecar/config"
)

// withoutItself hides from the chain of sources what leads to one of the sidecar's own listeners: it would
// ask itself for the key that it waits for. It returns what was hidden, one sentence each.
func withoutItself(getenv func(string) string, listeners []config.Listener) (
	hiding func(string) string, hidden []string,
) {
	instead := map[string]string{}
	hide := func(address, name, value, remedy string) {
		if isOwn(address, listeners) {
			instead[name] = value
			hidden = append(hidden,
				fmt.Sprintf("%s is this sidecar itself and is not asked for keys: %s", address, remedy))
		}
	}
	const relative, full = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"
	const otherKeys = "name their source with aws_defaults, AWS_PROFILE or AWS_ACCESS_KEY_ID"
	if getenv(relative) != "" {
		hide("169.254.170.2:80", relative, "", "unset "+relative+", and "+otherKeys)
	}
	if uri := getenv(full); uri != "" {
		hide(addressOf(uri), full, "", "unset "+full+", and "+otherKeys)
	}
	hide(addressOf(metadataEndpoint(getenv)), "AWS_EC2_METADATA_DISABLED", "true",
		otherKeys+", or AWS_EC2_METADATA_SERVICE_ENDPOINT if the instance's own service is elsewhere")
	return func(name string) string {
		if value, is := instead[name]; is {
			return value
		}
		return getenv(name)
	}, hidden
}

// metadataEndpoint is where EC2's metadata service is asked.
func metadataEndpoint(getenv func(string) string) string {
	if endpoint := strings.TrimSpace(getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT")); endpoint != "" {
		return endpoint
	}
	if strings.EqualFold(strings.TrimSpace(getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")), "ipv6") {
		return "http://[fd00:ec2::254]"
	}
	return "http://169.254.169.254"
}

// addressOf is a URL's host and port, "" if it has none.
func addressOf(uri string) string {
	u, err := url.Parse(strings.TrimSpace(uri))
	if err != nil || u.Hostname() == "" {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// isOwn reports whether a listener has an address. All of loopback is one host, as the name localhost is.
func isOwn(address string, listeners []config.Listener) bool {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	for _, l := range listeners {
		at, its, err := net.SplitHostPort(l.Address)
		if err == nil && its == port && sameHost(at, host) {
			return true
		}
	}
	return false
}

func sameHost(listener, host string) bool {
	if strings.EqualFold(listener, host) {
		return true
	}
	a, aErr := netip.ParseAddr(listener)
	b, bErr := netip.ParseAddr(host)
	if aErr == nil && bErr == nil && a.Unmap() == b.Unmap() {
		return true
	}
	here := strings.EqualFold(listener, "localhost") || aErr == nil && (a.IsLoopback() || a.IsUnspecified())
	return here && (strings.EqualFold(host, "localhost") || bErr == nil && b.IsLoopback())
}

// sayingWhy adds to a chain's failure to find a source what was hidden from it.
type sayingWhy struct {
	creds.Provider
	hidden []string
}

// Retrieve asks the chain.
func (s sayingWhy) Retrieve(ctx context.Context) (creds.Credentials, error) {
	found, err := s.Provider.Retrieve(ctx)
	if err != nil && len(s.hidden) > 0 && errors.Is(err, creds.ErrNotConfigured) {
		err = fmt.Errorf("%w; %s", err, strings.Join(s.hidden, "; "))
	}
	return found, err
}

// Invalidate tells the chain that a key was refused.
func (s sayingWhy) Invalidate(used creds.Credentials) bool {
	source, is := s.Provider.(creds.Invalidator)
	return is && source.Invalidate(used)
}
