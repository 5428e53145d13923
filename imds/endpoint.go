package imds

import (
	"fmt"
	"net/url"
	"strings"
)

// The default endpoints.
const (
	IPv4 = "http://169.254.169.254"
	IPv6 = "http://[fd00:ec2::254]"
)

// Choice is what one place, such as the environment, sets for the endpoint. Blank fields are not set.
type Choice struct {
	Endpoint string // URL
	Mode     string // IPv4 or IPv6, in any case
	// The names of both settings, for errors.
	EndpointName, ModeName string
}

// Endpoint returns the first endpoint that a choice sets, or else that of the first mode, or else IPv4.
//
// Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html
func Endpoint(choices ...Choice) (string, error) {
	for _, c := range choices {
		endpoint := strings.TrimSpace(c.Endpoint)
		if endpoint == "" {
			continue
		}
		u, err := url.Parse(endpoint)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
			return "", fmt.Errorf("%s %q is not a valid endpoint: write one like http://host:port",
				c.EndpointName, redact(u, endpoint))
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
			return "", fmt.Errorf("%s %q is not a valid endpoint mode: write IPv4 or IPv6", c.ModeName, mode)
		}
	}
	return IPv4, nil
}

// redact returns an endpoint without its password.
func redact(u *url.URL, text string) string {
	if u != nil && u.User != nil {
		return u.Redacted()
	}
	return text
}
