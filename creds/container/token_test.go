package container_test

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
	"sluice/creds/container"
)

// TestTokenRotates: the file is read again for each attempt.
func TestTokenRotates(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write := func(content string) {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("one\n")
	var seen []string
	c := &container.Provider{TokenFile: file, Token: "from the environment"}
	for range 2 {
		_, _, err := asked(t, c, func(w http.ResponseWriter, r *http.Request) {
			seen = append(seen, r.Header.Get("Authorization"))
			write(seen[len(seen)-1] + "+\r\n")
			script(openKeys+"}", []int{500}[len(seen)/2:]...)(w, r)
		})
		if err != nil {
			t.Error(err)
		}
	}
	if want := []string{"one", "one+", "one++"}; !slices.Equal(seen, want) {
		t.Errorf("the service saw the tokens %v, want %v", seen, want)
	}
}

func TestToken(t *testing.T) {
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
		{"abc\n\n", "", "", "token file /token: byte 4 of 5 is not printable ASCII"},
		{"a\rb", "", "", "/token: byte 2 of 3"},
		{"abc\r", "", "", "/token: byte 4 of 4"},
		{"\xff\xfea\x00b\x00", "", "", "/token: byte 1 of 6"},
		{"", "abc\nHost: x", "", "authorization token: byte 4"},
	} {
		sent := ""
		p := &container.Provider{Token: c.token, ReadFile: func(string) ([]byte, error) { return []byte(c.file), nil }}
		if c.file != "" {
			p.TokenFile = "/token"
		}
		_, n, err := asked(t, p, func(w http.ResponseWriter, r *http.Request) {
			sent = r.Header.Get("Authorization")
			script(openKeys+"}")(w, r)
		})
		if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) || sent != c.sent ||
			(n == 0) != (err != nil) {
			t.Errorf("%q, %q: sent %q, %v; want %q, %q", c.file, c.token, sent, err, c.sent, c.want)
		}
	}
}

func TestTokenFileMissing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	_, n, err := asked(t, &container.Provider{TokenFile: file, Token: "other"}, script(openKeys+"}"))
	if !errors.Is(err, fs.ErrNotExist) || errors.Is(err, creds.ErrNotConfigured) ||
		strings.Count(err.Error(), file) != 1 ||
		n != 0 {
		t.Errorf("Retrieve = %v after %d requests", err, n)
	}
}
