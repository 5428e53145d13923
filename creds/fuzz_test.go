package creds

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"
)

// planted is AWS's own example of a secret key; the fuzzers put it where @@ is.
const planted = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

func plant(b []byte) []byte { return bytes.ReplaceAll(b, []byte("@@"), []byte(planted)) }

// accepts checks what a parser made of a body: whole and living credentials,
// or an error that shows nothing of it.
func accepts(t *testing.T, c Credentials, err error, now time.Time) {
	t.Helper()
	switch {
	case err == nil && (strings.TrimSpace(c.AccessKeyID) == "" || strings.TrimSpace(c.SecretAccessKey) == "" || c.Expired(now)):
		t.Errorf("accepted %v", c)
	case err != nil && c != (Credentials{}):
		t.Errorf("%v, and an error: %v", c, err)
	case err != nil && (strings.Contains(err.Error(), planted[:16]) || len(err.Error()) > 300):
		t.Errorf("the body is in %v", err)
	}
}

func FuzzProcessOutput(f *testing.F) {
	for _, seed := range []string{
		`{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"@@","SessionToken":"@@","AccountId":"1","Expiration":"2999-01-01T00:00:00Z"}`,
		`{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"@@"}`,
		`{"version":1,"accesskeyid":"AKIA","secretaccesskey":"@@","Expiration":null}`,
		`{"Version":1,"AccessKeyId":" ","SecretAccessKey":"@@"}`,
		`{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"@@","Expiration":"@@"}`,
		`{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"@@","Expiration":"1999-01-01T00:00:00+01:00"}`,
		`{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"@@","Expiration":"0001-01-01T00:00:00Z"}`,
		`{"Version":2,"SecretAccessKey":"@@"}`, `{"Version":"@@"}`, `{"Version":1,"AccountId":12}`, `{"SecretAccessKey":"@@"}`,
		`@@`, `"@@"`, `["@@"]`, `null`, ``, `{"Version":1}{"SecretAccessKey":"@@"}`, `Version=1 key=@@`,
	} {
		f.Add([]byte(seed))
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := parseProcess(plant(b), now)
		accepts(t, c, err, now)
	})
}

func FuzzDocument(f *testing.F) {
	for _, seed := range []string{
		`{"Code":"Success","AccessKeyId":"AKIA","SecretAccessKey":"@@","Token":"@@","Expiration":"2999-01-01T00:00:00Z","AccountId":"1"}`,
		`{"AccessKeyId":"AKIA","SecretAccessKey":"@@","Token":"@@","RoleArn":"arn"}`,
		`{"Code":"AssumeRoleUnauthorizedAccess","Message":"@@"}`, `{"code":"@@"}`, `{"Code":{"@@":1}}`,
		`{"AccessKeyId":"AKIA","SecretAccessKey":"@@","Expiration":"@@"}`,
		`{"AccessKeyId":"AKIA","SecretAccessKey":"@@","Expiration":"2025-12-31T23:59:59.9Z"}`,
		`{"AccessKeyId":"AKIA","SecretAccessKey":"\n@@","Expiration":"0001-01-01T00:00:00Z"}`,
		`{"AccessKeyId":"","SecretAccessKey":"@@"}`, `<@@>`, `"@@"`, `null`, ``,
	} {
		f.Add([]byte(seed), int64(0))
		f.Add([]byte(seed), int64(7200))
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, b []byte, ahead int64) {
		var server time.Time
		if ahead != 0 {
			server = now.Add(-time.Duration(ahead) * time.Second)
		}
		c, err := parseDocument(plant(b), now, server)
		accepts(t, c, err, now)
		if s := newStatusError(500, plant(b)).Error(); strings.Contains(s, planted[:16]) || len(s) > 100 {
			t.Errorf("the body is in %q", s)
		}
	})
}

// FuzzToken: what is accepted arrives at a server as it is in the file.
func FuzzToken(f *testing.F) {
	for _, seed := range []string{"@@", "@@\n", "@@\r\n", "@@\n\n", "a\nHost: @@", "\n", "", " ", "\xff\xfe@@", "\xef\xbb\xbf@@", "a\tb", "\x7f", "Basic @@=="} {
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
		if want := "\r\nAuthorization: " + strings.Trim(token, " ") + "\r\n"; strings.Count(wire.String(), "\r\n") != 5 || !strings.Contains(wire.String(), want) {
			t.Errorf("header of %q is %q", token, wire.String())
		}
	})
}

func FuzzMask(f *testing.F) {
	for _, seed := range []string{"", "x", "token: ", `{"Password": "`, "'", `\"`, "--key ", "https://me:", "Bearer ", "Authorization: ", "secret=", "\xff", "ſecret=", "a\n", "=", "***"} {
		f.Add(seed, "@host")
		f.Add("error: ", seed)
	}
	long := regexp.MustCompile(`[A-Za-z0-9/+=_.~-]{32,}`)
	f.Fuzz(func(t *testing.T, before, after string) {
		for _, text := range []string{before + planted + after, before + "password=open!sesame" + after, before + "secret_key: open!sesame" + after, before + " --token open!sesame" + after} {
			for _, secret := range []string{planted, planted[:16], "open!sesame"} {
				if !strings.Contains(before, secret) && !strings.Contains(after, secret) && strings.Contains(mask(text), secret) {
					t.Errorf("mask(%q) = %q", text, mask(text))
				}
			}
			if got := mask(text); long.MatchString(got) {
				t.Errorf("mask(%q) = %q", text, got)
			}
		}
	})
}

// FuzzTokenExpiry: a token's claims are a stranger's; their time can be written.
func FuzzTokenExpiry(f *testing.F) {
	for _, seed := range []string{
		"e30.eyJleHAiOjE1MDAwMDAwMDB9.e30", "e30.eyJleHAiOjFlMzAwfQ.e30", "e30.eyJleHAiOi0xfQ==.e30", "e30.eyJleHAiOiJ4In0.e30", "..", "a.b.c", "opaque", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		expires, known := tokenExpiry(token)
		if known != !expires.IsZero() {
			t.Errorf("%q: %v, %v", token, expires, known)
		}
		if _, err := expires.UTC().MarshalText(); err != nil {
			t.Errorf("%q expires at %v: %v", token, expires, err)
		}
	})
}
