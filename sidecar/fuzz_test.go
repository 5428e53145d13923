package sidecar

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzSign sends any bytes to the face sign: nothing without a token reaches the upstream, and what reaches it is
// signed and has no token of ours.
func FuzzSign(f *testing.F) {
	const token = "X-Sluice-Token: " + tokenOne + "\r\n"
	for _, seed := range []string{
		"GET / HTTP/1.1\r\nHost: localhost\r\n" + token + "\r\n",
		"PUT //a/../b%2F?x=1&&a+b HTTP/1.1\r\nHost: localhost\r\n" + token + "Content-Length: 2\r\n\r\nab",
		"POST /x HTTP/1.1\r\nHost: localhost\r\n" + token + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
		"GET /?%zz HTTP/1.1\r\nHost: [::1]:1\r\nProxy-Authorization: Bearer " + tokenOne + "\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: X-Sluice-Token\r\n" + token + "\r\n",
		"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: " + tokenOne + "\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n" + token + "\r\n",
	} {
		f.Add([]byte(seed))
	}
	b := newTestServer(f, one+signES)
	l := b.opts.Config.Server.Listeners[0]
	h := b.Handler(l)
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(string(raw))))
		if err != nil {
			return
		}
		_, sent := signToken(r)
		b.signers[l.Address].transport = roundTripper(func(out *http.Request) (*http.Response, error) {
			if _, err := io.ReadAll(out.Body); err != nil {
				return nil, err
			}
			tokenLeft := strings.Count(string(raw), tokenOne) == 1 &&
				strings.Contains(fmt.Sprint(out.Header, out.URL), tokenOne)
			if !sent || tokenLeft || len(out.Header.Values("Authorization")) != 1 || out.URL.Host != "es.example.com" {
				t.Errorf("%q became %v %v", raw, out.URL, out.Header)
			}
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody, Request: out}, nil
		})
		h.ServeHTTP(httptest.NewRecorder(), r)
	})
}

// FuzzHTTP sends any bytes to all faces: no request without a token gets a key, and
// only documented statuses are answered.
func FuzzHTTP(f *testing.F) {
	for _, seed := range []string{
		"GET /v1/credentials HTTP/1.1\r\nHost: localhost\r\nAuthorization: x\r\n\r\n",
		"GET /role/one HTTP/1.1\r\nHost: [::1]:1338\r\nAuthorization: Bearer x\r\n\r\n",
		"GET /_aws/credentials HTTP/1.0\r\nAuthorization: bearer \r\n\r\n",
		"PUT /latest/api/token HTTP/1.1\r\nHost: 169.254.169.254\r\nX-aws-ec2-metadata-token-ttl-seconds: 60\r\n\r\n",
		"GET /latest/meta-data/iam/security-credentials/one HTTP/1.1\r\nHost: localhost\r\n" +
			"X-aws-ec2-metadata-token: AAAA\r\n\r\n",
		"GET http://localhost/v1/credentials HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 1\r\n\r\n",
		"GET /v1/%63redentials HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"POST /health HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	b := newTestServer(f, one)
	h := b.Handler(allFaces())
	documented := map[int]bool{200: true, 400: true, 401: true, 403: true, 404: true, 405: true, 413: true, 429: true,
		503: true}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(string(raw))))
		if err != nil {
			return
		}
		if strings.Contains(string(raw), tokenOne) {
			t.Skip("the token was guessed")
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if !documented[w.Code] {
			t.Errorf("%q: status %d", raw, w.Code)
		}
		if body := w.Body.String(); strings.Contains(body, planted) || strings.Contains(body, "AccessKeyId") {
			t.Errorf("%q: a key was given", raw)
		}
	})
}
