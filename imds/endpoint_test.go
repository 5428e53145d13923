package imds_test

import (
	"strings"
	"testing"

	"sluice/imds"
)

func TestEndpoint(t *testing.T) {
	option := func(endpoint, mode string) imds.Choice {
		return imds.Choice{Endpoint: endpoint, Mode: mode, EndpointName: "URL", ModeName: "MODE"}
	}
	for _, c := range []struct {
		name    string
		choices []imds.Choice
		want    string // the endpoint, or part of the error
	}{
		{"nothing", nil, imds.IPv4},
		{"blank settings", []imds.Choice{option(" ", "\t")}, imds.IPv4},
		{"a mode", []imds.Choice{option("", "ipv6")}, imds.IPv6},
		{"the first mode", []imds.Choice{option("", "IPv4"), option("", "IPv6")}, imds.IPv4},
		{"an endpoint before a mode", []imds.Choice{option("", "IPv6"), option("http://h:1/", "")}, "http://h:1"},
		{"the first endpoint", []imds.Choice{option("https://a", ""), option("http://b", "")}, "https://a"},
		{"an unknown mode", []imds.Choice{option("", "IPv5")}, `MODE "IPv5" is not a valid endpoint mode: write IPv4`},
		{"no scheme", []imds.Choice{option("host", "")}, `URL "host" is not a valid endpoint: write one like http://`},
		{"another scheme", []imds.Choice{option("ftp://host", "")}, "is not a valid endpoint"},
		{"a password", []imds.Choice{option("http://u:SECRET@host", "")}, `URL "http://u:xxxxx@host" is not a valid`},
	} {
		got, err := imds.Endpoint(c.choices...)
		if err == nil && got != c.want || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %q, %v, want %q", c.name, got, err, c.want)
		}
		if err != nil && (got != "" || strings.Contains(err.Error(), "SECRET")) {
			t.Errorf("%s: %q, %v, want no endpoint, and no secret", c.name, got, err)
		}
	}
}
