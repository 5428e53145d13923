package container

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// planted is AWS's own example of a secret key; it replaces @@ in the seeds.
const planted = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

func plant(b []byte) []byte { return bytes.ReplaceAll(b, []byte("@@"), []byte(planted)) }

// FuzzToken: an accepted token arrives at a server as it is in the file.
func FuzzToken(f *testing.F) {
	for _, seed := range []string{
		"@@", "@@\n", "@@\r\n", "@@\n\n", "a\nHost: @@", "\n", "", " ", "\xff\xfe@@", "\xef\xbb\xbf@@", "a\tb", "\x7f",
		"Basic @@==",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		b = plant(b)
		token, err := parseToken(b)
		if err != nil {
			if token != "" || strings.Contains(err.Error(), planted[:16]) {
				t.Errorf("parseToken = %q, %v", token, err)
			}
			return
		}
		if end := strings.TrimPrefix(string(b), token); token == "" || end != "" && end != "\n" && end != "\r\n" {
			t.Errorf("parseToken(%q) = %q", b, token)
		}
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/", nil)
		r.Header.Set("Authorization", token)
		var wire bytes.Buffer
		if err := r.Write(&wire); err != nil {
			t.Errorf("header of %q: %v", token, err)
		}
		want := "\r\nAuthorization: " + strings.Trim(token, " ") + "\r\n"
		if strings.Count(wire.String(), "\r\n") != 5 || !strings.Contains(wire.String(), want) {
			t.Errorf("header of %q is %q", token, wire.String())
		}
	})
}

// FuzzStatusError wants nothing of the answer's body but a code.
func FuzzStatusError(f *testing.F) {
	for _, seed := range []string{`{"code":"@@"}`, `{"Code":{"@@":1}}`, `{"Code":"Denied"}`, `@@`, ``} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if s := newStatusError(500, plant(b)).Error(); strings.Contains(s, planted[:16]) || len(s) > 100 {
			t.Errorf("the body is in %q", s)
		}
	})
}
