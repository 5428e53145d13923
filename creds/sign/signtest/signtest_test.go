package signtest_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"sluice/creds/sign/signtest"
)

const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

// TestVerify: what the SDK's signer signed is right, and nothing else.
func TestVerify(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct {
		name   string
		spoil  func(*http.Request)
		secret string
		now    time.Time
		want   string // of the error
	}{
		{"right", nil, secret, at, ""},
		{"another secret", nil, "x", at, "the signature is"},
		{"later", nil, secret, at.Add(16 * time.Minute), "and now is"},
		{"another path", func(r *http.Request) { r.RequestURI = "/a/c?x=1" }, secret, at, "the signature is"},
		{"another query", func(r *http.Request) { r.RequestURI = "/a/b?x=2" }, secret, at, "the signature is"},
		{"another host", func(r *http.Request) { r.Host = "other" }, secret, at, "the signature is"},
		{"another header", func(r *http.Request) { r.Header.Set("X-Amz-Acl", "private") }, secret, at,
			"the header x-amz-acl is not signed"},
		{"no token", func(r *http.Request) { r.Header.Del("X-Amz-Security-Token") }, secret, at,
			"X-Amz-Security-Token is"},
		{"another body", func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", "0") }, secret, at,
			"X-Amz-Content-Sha256 is"},
		{"unsigned", func(r *http.Request) { r.Header.Del("Authorization") }, secret, at, "0 Authorization headers"},
		{"another form", func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, secret, at,
			"has not the form"},
	} {
		body := []byte("body")
		r, err := http.NewRequest("PUT", "https://host/a/b?x=1", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Content-Sha256", signtest.Hash(body))
		key := aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: secret, SessionToken: "t"}
		if err := v4.NewSigner().SignHTTP(t.Context(), key, r, signtest.Hash(body), "s3", "eu-west-1", at); err != nil {
			t.Fatal(err)
		}
		got := httptest.NewRequest(r.Method, r.URL.RequestURI(), bytes.NewReader(body))
		got.Host, got.Header = r.URL.Host, r.Header
		if c.spoil != nil {
			c.spoil(got)
		}
		if _, err := io.ReadAll(got.Body); err != nil {
			t.Fatal(err)
		}
		keys := []signtest.Key{{AccessKeyID: key.AccessKeyID, SecretAccessKey: c.secret, SessionToken: "t"}}
		signed, err := signtest.Verify(got, signtest.Hash(body), keys, c.now)
		switch {
		case c.want == "" && (err != nil || signed.Service != "s3" || signed.Region != "eu-west-1"):
			t.Errorf("%s: %+v, %v", c.name, signed, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}
