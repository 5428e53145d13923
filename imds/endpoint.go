package imds

import (
	"fmt"
	"net/url"
	"strings"
)

// Default endpoints.
const (
	IPv4 = "http://169.254.169.254"
	IPv6 = "http://[fd00:ec2::254]"
)

// Choice is what one place, say the environment, says of the endpoint. Blank
// fields say nothing.
type Choice struct {
	Endpoint string // URL
	Mode     string // IPv4 or IPv6, in any case
	// Names of both settings, for errors.
	EndpointName, ModeName string
}

// Endpoint returns the first endpoint that a choice names, otherwise that of
// the first mode, otherwise IPv4.
// Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html
func Endpoint(choices ...Choice) (string, error) {
	for _, c := range choices {
		endpoint := strings.TrimSpace(c.Endpoint)
		if endpoint == "" {
			continue
		}
		u, err := url.Parse(endpoint)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
			return "", fmt.Errorf("%s %q is no endpoint: write http://host:port", c.EndpointName, redacted(u, endpoint))
		}
		return strings.TrimRight(endpoint, "/"), nil
	}
	for _, c := range choices {
		switch mode := strings.TrimSpace(c.Mode); strings.ToLower(mode) {
		case "":
		case "ipv4":
			return IPv4, nil
		case "ipv6":
			return IPv6, nil
		default:
			return "", fmt.Errorf("%s %q is no endpoint mode: write IPv4 or IPv6", c.ModeName, mode)
		}
	}
	return IPv4, nil
}

// redacted returns an endpoint without a password.
func redacted(u *url.URL, text string) string {
	if u != nil && u.User != nil {
		return u.Redacted()
	}
	return text
}
