package container

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"sluice/creds"
)

// The environment variables that name the service.
const (
	relativeURI = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
	fullURI     = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
	ecsEndpoint = "http://169.254.170.2"
)

// httpHosts says what allowsHTTP allows.
const httpHosts = "plain http is allowed only to loopback (127.0.0.0/8, ::1), 169.254.170.2, 169.254.170.23 and " +
	"fd00:ec2::23; use https for other hosts"

// URI returns where the environment says that credentials are. AWS_CONTAINER_CREDENTIALS_RELATIVE_URI (on
// http://169.254.170.2) wins over AWS_CONTAINER_CREDENTIALS_FULL_URI. Blank variables count as absent; if both are, the
// error is creds.ErrNotConfigured.
func URI(getenv func(string) string) (string, error) {
	if value := strings.TrimSpace(getenv(relativeURI)); value != "" {
		return resolveRelative(value)
	}
	value := strings.TrimSpace(getenv(fullURI))
	if value == "" {
		return "", fmt.Errorf("%s and %s: %w", relativeURI, fullURI, creds.ErrNotConfigured)
	}
	if _, err := parseURI(value); err != nil {
		return "", fmt.Errorf("%s: %w", fullURI, err)
	}
	return value, nil
}

func resolveRelative(value string) (string, error) {
	// Without the slash the value would extend the host's name.
	if !strings.HasPrefix(value, "/") {
		return "", fmt.Errorf("%s is %s: it must begin with a slash; put a full URI into %s",
			relativeURI, quoteURI(value), fullURI)
	}
	if _, err := parseURI(ecsEndpoint + value); err != nil {
		return "", fmt.Errorf("%s is %s, which is not a valid path: write one like /v2/credentials",
			relativeURI, quoteURI(value))
	}
	return ecsEndpoint + value, nil
}

// parseURI refuses addresses that credentials are never requested from. A host name is checked when it is dialled, by
// the address that it then has.
func parseURI(value string) (*url.URL, error) {
	uri, err := url.Parse(strings.TrimSpace(value))
	if err != nil {
		err = errors.New("it is not a valid URI") // url's error would quote all of it
	} else {
		err = checkURI(uri)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w; write one like http://169.254.170.23/v1/credentials or https://host/path",
			quoteURI(value), err)
	}
	return uri, nil
}

func checkURI(uri *url.URL) error {
	switch {
	case uri.User != nil || strings.Contains(uri.Opaque, "@"):
		return errors.New("it holds a user or a password: put the token into AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE " +
			"or AWS_CONTAINER_AUTHORIZATION_TOKEN")
	case uri.Hostname() == "":
		return errors.New("it names no host")
	case uri.Scheme != "http" && uri.Scheme != "https":
		return errors.New("its scheme is neither http nor https")
	case uri.Scheme == "http":
		if ip, err := netip.ParseAddr(uri.Hostname()); err == nil && !allowsHTTP(ip) {
			return errors.New(httpHosts)
		}
	}
	return nil
}

// allowsHTTP reports whether traffic to an address stays on this machine: loopback, or what ECS and EKS serve there.
// The network could read all else.
func allowsHTTP(ip netip.Addr) bool {
	ip = ip.Unmap()
	switch ip.String() {
	case "169.254.170.2", "169.254.170.23", "fd00:ec2::23":
		return true
	}
	return ip.IsLoopback()
}

// quoteURI quotes a URI without the parts that may be secret: the user and the query.
func quoteURI(value string) string {
	if i := strings.LastIndex(value, "@"); i >= 0 {
		value = "***" + value[i:]
	}
	if i := strings.IndexAny(value, "?#"); i >= 0 {
		value = value[:i]
	}
	const longest = 120
	if len(value) > longest {
		value = value[:longest] + "…"
	}
	return fmt.Sprintf("%q", value)
}

// blank reports whether a setting counts as absent.
func blank(value string) bool { return strings.TrimSpace(value) == "" }
