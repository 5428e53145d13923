package creds_test

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sluice/creds"
)

// TestContainerTokenRotates: the file is read anew for each request, and for
// each attempt of one.
func TestContainerTokenRotates(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write := func(content string) {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("one\n")
	var seen []string
	c := &creds.Container{TokenFile: file, Token: "from the environment"}
	for range 2 {
		_, _, err := asked(t, c, func(w http.ResponseWriter, r *http.Request) {
			seen = append(seen, r.Header.Get("Authorization"))
			write(seen[len(seen)-1] + "+\r\n")
			script(containerKeys+"}", []int{500}[len(seen)/2:]...)(w, r)
		})
		if err != nil {
			t.Error(err)
		}
	}
	if want := []string{"one", "one+", "one++"}; !slices.Equal(seen, want) {
		t.Errorf("the service saw the tokens %v, want %v", seen, want)
	}
}

func TestContainerToken(t *testing.T) {
	for _, c := range []struct {
		file, token string
		sent, want  string // of the error
	}{
		{"", "", "", ""},
		{"", "Basic abc=", "Basic abc=", ""},
		{"", " ", "", ""},
		{"abc", "other", "abc", ""},
		{"abc\n", "", "abc", ""},
		{"abc\r\n", "", "abc", ""},
		{"\n", "other", "", "token file /token: it is empty"},
		{"abc\n\n", "", "", "token file /token: byte 4 of 5 is not a printable character"},
		{"a\rb", "", "", "/token: byte 2 of 3"},
		{"abc\r", "", "", "/token: byte 4 of 4"},
		{"\xff\xfea\x00b\x00", "", "", "/token: byte 1 of 6"},
		{"", "abc\nHost: x", "", "authorization token: byte 4"},
	} {
		sent := ""
		container := &creds.Container{Token: c.token, ReadFile: func(string) ([]byte, error) { return []byte(c.file), nil }}
		if c.file != "" {
			container.TokenFile = "/token"
		}
		_, n, err := asked(t, container, func(w http.ResponseWriter, r *http.Request) {
			sent = r.Header.Get("Authorization")
			script(containerKeys+"}")(w, r)
		})
		if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) || sent != c.sent || (n == 0) != (err != nil) {
			t.Errorf("%q, %q: sent %q, %v; want %q, %q", c.file, c.token, sent, err, c.sent, c.want)
		}
	}
}

func TestContainerTokenFileMissing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	_, n, err := asked(t, &creds.Container{TokenFile: file, Token: "other"}, script(containerKeys+"}"))
	if !errors.Is(err, fs.ErrNotExist) || errors.Is(err, creds.ErrNotConfigured) || strings.Count(err.Error(), file) != 1 || n != 0 {
		t.Errorf("Retrieve = %v after %d requests", err, n)
	}
}
