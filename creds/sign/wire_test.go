package sign

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"sluice/creds/sign/signtest"
)

// TestWire signs requests, writes them as net/http does, and verifies what came, by rules of its own.
func TestWire(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	key := example()
	key.SessionToken = "token"
	keys := []signtest.Key{{AccessKeyID: key.AccessKeyID, SecretAccessKey: key.SecretAccessKey, SessionToken: "token"}}
	for _, target := range []string{
		"/", "", "/a/b", "//a//b/", "/a/../b/.", "/a%2Fb", "/a%20b+c", "/a b", "/%7Ea~", "/ሴ", "/%E1%88%B4", "/a%25b",
		"/a!*'();:@&=$,[]b", "/a^`{}|b", "/?", "/?a", "/?a=", "/?b=2&a=1&a=0", "/?a+b=c+d", "/?a%2Bb=%20", "/?x=%7E~",
		"/?ሴ=ሴ", "/?a=b=c&&d", "/?a;b=c;d", "/?A=1&a=1&B=1", "/?q=a/b?c", "/?list-type=2&prefix=a%2Fb&delimiter=/",
		"/index/_search?q=user:kimchy&pretty", "/?a=%ff", "/?%41=1&A=0",
	} {
		for _, options := range []Options{For("s3", "us-east-1"), For("es", "eu-west-1")} {
			for _, options.Algorithm = range []Algorithm{V4, V4A} {
				for body, payload := range map[string]string{"": Hash(nil), "a": Hash([]byte("a")), "x": Unsigned} {
					r := newRequest(t, "POST", "https://host.example"+target, "Content-Type", "text/plain;  charset=x",
						"X-Many", " a  b", "X-Many", "c")
					r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
					if err := newSigner(t, options).Sign(r, key, payload, at); err != nil {
						t.Fatalf("%s: %v", target, err)
					}
					signed, err := signtest.Verify(overWire(t, r), signtest.Hash([]byte(body)), keys, at)
					if err != nil || signed.Service != options.Service || signed.Region != options.Region {
						t.Errorf("%s to %s by %s: %+v, %v", target, options.Service, options.Algorithm, signed, err)
					}
				}
			}
		}
	}
}

// overWire writes a request and reads it as a server does.
func overWire(t *testing.T, r *http.Request) *http.Request {
	t.Helper()
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		t.Fatal(err)
	}
	got, err := http.ReadRequest(bufio.NewReader(&wire))
	if err != nil {
		t.Fatal(err)
	}
	return got
}
