package container_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"sluice/creds"
	"sluice/creds/container"
	"sluice/creds/internal/vectors"
)

func TestURI(t *testing.T) {
	const relative, full = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"
	for _, c := range []struct {
		relative, full string
		uri, want      string // want: of the error
	}{
		{"", " \t", "", relative + " and " + full + ": not configured"},
		{" ", " https://host/path\n", "https://host/path", ""},
		{"credentials", "", "", relative + ` is "credentials": it must begin with a slash`},
		{".evil.com/x", "", "", "it must begin with a slash"},
		{"/x%zz", "", "", "which is not a valid path"},
		{"", "http://localhost/x", "http://localhost/x", ""},
		{"", "http://127.9.9.9/x", "http://127.9.9.9/x", ""},
		{"", "http://[::1]:80/x", "http://[::1]:80/x", ""},
		{"", "http://[::ffff:127.0.0.1]/x", "http://[::ffff:127.0.0.1]/x", ""},
		{"", "http://[::ffff:169.254.170.2]/x", "http://[::ffff:169.254.170.2]/x", ""},
		{"", "http://127.evil.com/x", "http://127.evil.com/x", ""}, // a name is checked when it is dialled
		{"", "https://192.0.2.1/x", "https://192.0.2.1/x", ""},
		{"", "/credentials", "", full + `: "/credentials": it names no host; write one like http://`},
		{"", "http:///credentials", "", "names no host"},
		{"", "http://:80/", "", "names no host"},
		{"", "localhost:80/x", "", "names no host"},
		{"", "ftp://host/x", "", "its scheme is neither http nor https"},
		{"", "http://host:x/", "", "it is not a valid URI"},
		{"", "http://SECRET:SECRET@host/x?SECRET", "", `"***@host/x": it holds a user or a password`},
		{"", "https://SECRET@host/x", "", "it holds a user or a password"},
		{"", "SECRET:SECRET@host/x", "", `"***@host/x": it holds a user or a password`},
		{"", "http://SECRET:SECRET@ho st/x", "", `"***@ho st/x"`},
		{"", "http://169.254.169.254/x", "",
			"plain http is allowed only to loopback (127.0.0.0/8, ::1), 169.254.170.2, 169.254.170.23 and " +
				"fd00:ec2::23"},
		{"", "http://169.254.170.200/x", "", "plain http is allowed only to"},
		{"", "http://[::ffff:169.254.170.3]/x", "", "plain http is allowed only to"},
		{"", "http://[fe80::1%25eth0]/x", "", "plain http is allowed only to"},
		{"", "http://[fd00:ec2::24]/x", "", "plain http is allowed only to"},
		{"", "http://0.0.0.0/x", "", "plain http is allowed only to"},
		{"", "http://[::]/x", "", "plain http is allowed only to"},
		{"", "http://[64:ff9b::7f00:1]/x", "", "plain http is allowed only to"},
	} {
		env := map[string]string{relative: c.relative, full: c.full}
		got, err := container.URI(func(name string) string { return env[name] })
		if got != c.uri || (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q, %q: %q, %v; want %q, %q", c.relative, c.full, got, err, c.uri, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%q: a secret is in %v", c.full, err)
		}
		if errors.Is(err, creds.ErrNotConfigured) != (strings.TrimSpace(c.relative+c.full) == "") {
			t.Errorf("%q, %q: %v", c.relative, c.full, err)
		}
		if err != nil && c.relative == "" && strings.TrimSpace(c.full) != "" {
			refusesURI(t, c.full, c.want)
		}
	}
}

// refusesURI checks that Retrieve also refuses what URI refuses, and sends nothing.
func refusesURI(t *testing.T, uri, want string) {
	t.Helper()
	unused := roundTripper(func(*http.Request) (*http.Response, error) {
		t.Errorf("%s was asked", uri)
		return nil, errors.New("asked")
	})
	_, err := (&container.Provider{URI: uri, Transport: unused}).Retrieve(t.Context())
	want = strings.TrimPrefix(want, "AWS_CONTAINER_CREDENTIALS_FULL_URI: ")
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("%q: Retrieve = %v, want %q", uri, err, want)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestURIVectors runs the cases of the AWS SDK for Rust.
func TestURIVectors(t *testing.T) {
	var file struct {
		Tests []struct {
			Docs   string
			Env    map[string]string
			Result struct{ Ok, ErrorContains string }
		}
	}
	vectors.Decode(t, "smithy-rs/aws-config/test-data/ecs-tests.json", &file)
	vectors.Count(t, len(file.Tests), 11)
	ours := map[string]string{ // our words for their errors
		"all fields unset provider is not enabled": "not configured",
		"invalid full uri":                         "names no host",
	}
	for _, c := range file.Tests {
		got, err := container.URI(func(name string) string { return c.Env[name] })
		want, known := ours[c.Docs]
		switch {
		case c.Result.ErrorContains != "" && (!known || err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %q, %v; want an error with %q (theirs: %q)", c.Docs, got, err, want, c.Result.ErrorContains)
		case c.Result.ErrorContains == "" && (err != nil || got != c.Result.Ok):
			t.Errorf("%s: %q, %v; want %q", c.Docs, got, err, c.Result.Ok)
		}
	}
}
