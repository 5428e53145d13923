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

// hideOwnAddresses returns an environment in which the default chain does not find
// the sidecar's own listeners: the sidecar would ask itself for the key that it is
// waiting for. hidden says what was hidden, a sentence each.
func hideOwnAddresses(getenv func(string) string, listeners []config.Listener) (
	hiding func(string) string, hidden []string,
) {
	instead := map[string]string{}
	hide := func(address, name, value, remedy string) {
		if isOwnAddress(address, listeners) {
			instead[name] = value
			hidden = append(hidden,
				fmt.Sprintf("%s is this sidecar itself and is not asked for keys: %s", address, remedy))
		}
	}
	const relative, full = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"
	const otherKeys = "set their source with aws_defaults, AWS_PROFILE or AWS_ACCESS_KEY_ID"
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

// metadataEndpoint returns where the chain asks EC2's metadata service.
func metadataEndpoint(getenv func(string) string) string {
	if endpoint := strings.TrimSpace(getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT")); endpoint != "" {
		return endpoint
	}
	if strings.EqualFold(strings.TrimSpace(getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")), "ipv6") {
		return "http://[fd00:ec2::254]"
	}
	return "http://169.254.169.254"
}

// addressOf returns a URL's host and port, "" if it has no host.
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

// isOwnAddress reports whether a listener is at an address. All loopback addresses
// and the name localhost count as one host.
func isOwnAddress(address string, listeners []config.Listener) bool {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	for _, l := range listeners {
		at, its, err := net.SplitHostPort(l.Address)
		if err == nil && its == port && isSameHost(at, host) {
			return true
		}
	}
	return false
}

// isSameHost reports whether a listener at one host is reached by another.
func isSameHost(listener, host string) bool {
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

// explainingHidden is a chain that, if it finds no source, also says what was
// hidden from it.
type explainingHidden struct {
	creds.Provider
	hidden []string
}

// Retrieve asks the chain.
func (e explainingHidden) Retrieve(ctx context.Context) (creds.Credentials, error) {
	found, err := e.Provider.Retrieve(ctx)
	if err != nil && len(e.hidden) > 0 && errors.Is(err, creds.ErrNotConfigured) {
		err = fmt.Errorf("%w; %s", err, strings.Join(e.hidden, "; "))
	}
	return found, err
}

// Invalidate tells the chain that a key was refused.
func (e explainingHidden) Invalidate(used creds.Credentials) bool {
	source, is := e.Provider.(creds.Invalidator)
	return is && source.Invalidate(used)
}
