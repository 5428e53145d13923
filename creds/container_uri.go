package creds

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// Where the environment says that container credentials are.
const (
	relativeURI = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
	fullURI     = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
	ecsEndpoint = "http://169.254.170.2"
)

// httpHosts says what allowedByHTTP allows.
const httpHosts = "plain http goes to loopback (127.0.0.0/8, ::1), 169.254.170.2, 169.254.170.23 and fd00:ec2::23 only, anything else needs https"

// ContainerURI returns where the environment says that credentials are:
// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI (on http://169.254.170.2) wins over
// AWS_CONTAINER_CREDENTIALS_FULL_URI. Blank variables count as absent; if both
// are, it is ErrNotConfigured.
func ContainerURI(getenv func(string) string) (string, error) {
	if value := strings.TrimSpace(getenv(relativeURI)); value != "" {
		// Without the slash it would go on with the host's name.
		if !strings.HasPrefix(value, "/") {
			return "", fmt.Errorf("%s is %s: it must begin with a slash; a whole URI belongs into %s", relativeURI, quoteURI(value), fullURI)
		}
		if _, err := parseURI(ecsEndpoint + value); err != nil {
			return "", fmt.Errorf("%s is %s: it is no path: give one like /v2/credentials", relativeURI, quoteURI(value))
		}
		return ecsEndpoint + value, nil
	}
	value := strings.TrimSpace(getenv(fullURI))
	if value == "" {
		return "", fmt.Errorf("%s and %s: %w", relativeURI, fullURI, ErrNotConfigured)
	}
	if _, err := parseURI(value); err != nil {
		return "", fmt.Errorf("%s: %w", fullURI, err)
	}
	return value, nil
}

// parseURI refuses where credentials are never asked for. A host that is a name
// is judged when it is dialled, by the address that it has then.
func parseURI(value string) (*url.URL, error) {
	uri, err := url.Parse(strings.TrimSpace(value))
	if err != nil {
		err = errors.New("it is no URI") // its text would quote all of it
	} else {
		err = judgeURI(uri)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w; give one like http://169.254.170.23/v1/credentials or https://host/path", quoteURI(value), err)
	}
	return uri, nil
}

func judgeURI(uri *url.URL) error {
	switch {
	case uri.User != nil || strings.Contains(uri.Opaque, "@"):
		return errors.New("it holds a user or a password, which belongs into AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE or AWS_CONTAINER_AUTHORIZATION_TOKEN")
	case uri.Hostname() == "":
		return errors.New("it names no host")
	case uri.Scheme != "http" && uri.Scheme != "https":
		return errors.New("its scheme is neither http nor https")
	case uri.Scheme == "http":
		if ip, err := netip.ParseAddr(uri.Hostname()); err == nil && !allowedByHTTP(ip) {
			return errors.New(httpHosts)
		}
	}
	return nil
}

// allowedByHTTP tells whether an address stays on this machine: loopback, or
// what ECS and EKS serve there. All else could be read by the network.
func allowedByHTTP(ip netip.Addr) bool {
	ip = ip.Unmap()
	switch ip.String() {
	case "169.254.170.2", "169.254.170.23", "fd00:ec2::23":
		return true
	}
	return ip.IsLoopback()
}

// quoteURI quotes a URI without what may be a secret: user and query.
func quoteURI(value string) string {
	if i := strings.LastIndex(value, "@"); i >= 0 {
		value = "***" + value[i:]
	}
	if i := strings.IndexAny(value, "?#"); i >= 0 {
		value = value[:i]
	}
	const enough = 120
	if len(value) > enough {
		value = value[:enough] + "…"
	}
	return fmt.Sprintf("%q", value)
}

// blank tells that a setting counts as absent.
func blank(value string) bool { return strings.TrimSpace(value) == "" }
