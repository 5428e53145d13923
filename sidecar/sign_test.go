package sidecar

import (
	"bufio"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sluice/creds/sign/signtest"
)

// upstream is a service of AWS: it verifies each request, and answers with what it got.
type upstream struct {
	*httptest.Server
	answer http.HandlerFunc // after the verification; may be nil

	mu  sync.Mutex // guards what follows
	got []passed
}

// passed is a request that came through.
type passed struct {
	*http.Request
	body   string
	signed signtest.Signed
	err    error
}

func newUpstream(t *testing.T, answer http.HandlerFunc) *upstream {
	u := &upstream{answer: answer}
	u.Server = httptest.NewUnstartedServer(u)
	u.EnableHTTP2 = true
	u.Config.ErrorLog = log.New(io.Discard, "", 0)
	u.StartTLS()
	t.Cleanup(u.Close)
	return u
}

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	p := passed{Request: r, body: string(body), err: err}
	if err == nil {
		id := credentialOf(r)
		keys := []signtest.Key{{AccessKeyID: id, SecretAccessKey: planted + "KEY", SessionToken: planted + "SESSION"}}
		p.signed, p.err = signtest.Verify(r, signtest.Hash(body), keys, time.Now())
	}
	u.mu.Lock()
	u.got = append(u.got, p)
	u.mu.Unlock()
	if u.answer != nil {
		u.answer(w, r)
		return
	}
	w.Header().Set("X-Answer", "yes")
	fmt.Fprint(w, "the answer")
}

// credentialOf is the access key of a signature: STS's make a new one each time.
func credentialOf(r *http.Request) string {
	_, rest, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	id, _, _ := strings.Cut(rest, "/")
	return id
}

// take returns what came since the last call.
func (u *upstream) take() []passed {
	u.mu.Lock()
	defer u.mu.Unlock()
	got := u.got
	u.got = nil
	return got
}

// signing is a sidecar with the face sign.
type signing struct {
	*testServer
	*upstream
	front *httptest.Server
}

// newSigning starts a sidecar that signs for an upstream. settings are of the listener's sign, more of the listener.
func newSigning(t *testing.T, u *upstream, settings, more string) *signing {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	write(t, ca, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: u.Certificate().Raw})))
	b := newTestServer(t, one+fmt.Sprintf(`
server:
  listeners:
    - address: 127.0.0.1:9200
      faces: [sign]
      %s
      sign: {upstream: '%s', ca_file: '%s', %s}
`, more, u.URL, ca, settings))
	front := httptest.NewUnstartedServer(b.Handler(b.opts.Config.Server.Listeners[0]))
	front.Config.ErrorLog = log.New(io.Discard, "", 0)
	front.Start()
	t.Cleanup(front.Close)
	return &signing{b, u, front}
}

// reply is an answer, read.
type reply struct {
	status int
	header http.Header
	body   string
}

// send writes a request as it stands, and returns the answer.
func (s *signing) send(t *testing.T, text string) reply {
	t.Helper()
	conn, err := net.Dial("tcp", s.front.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() { _, _ = io.WriteString(conn, text) }() // a denial may come before all is written
	return readReply(t, bufio.NewReader(conn))
}

// readReply reads an answer, behind 100 Continue if that comes before it.
func readReply(t *testing.T, from *bufio.Reader) reply {
	t.Helper()
	answer, err := http.ReadResponse(from, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusContinue {
		return readReply(t, from)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{answer.StatusCode, answer.Header, string(body)}
}

const signToken1 = "X-Sluice-Token: " + tokenOne + "\r\n"

// nasty are targets, and how they reach the upstream if that is different.
var nasty = []struct{ target, want string }{
	{"/", ""}, {"/a/b", ""}, {"/a/b/", ""}, {"//a//b//", ""}, {"/a/./b/../c", ""}, {"/../..", ""}, {"/.", ""},
	{"/%2e%2e/a", ""}, {"/a%2Fb", ""}, {"/a%2fb", ""}, {"/a%20b", ""}, {"/a+b", ""}, {"/a%2Bb", ""}, {"/a%7Eb~", ""},
	{"/%E1%88%B4", ""}, {"/ሴ", "/%E1%88%B4"}, {"/%ff", ""}, {"/a%25b", ""}, {"/a!*'();:@&=$,[]b", ""},
	{"/a^`{}|b", "/a%5E%60%7B%7D%7Cb"}, {"/health", ""}, {"/metrics", ""}, {"/v1/credentials", ""},
	{"/latest/meta-data/iam/security-credentials/", ""},
	{"/?", ""}, {"/?a", ""}, {"/?a=", ""}, {"/?=a", ""}, {"/?b=2&a=1", ""}, {"/?a=2&a=1&a=", ""}, {"/?a=1&&b=2&", ""},
	{"/?q=a+b", "/?q=a%20b"}, {"/?q=a%2Bb", ""}, {"/?q=a%20b", ""}, {"/?q=a;b", ""}, {"/?a;b=c", ""}, {"/?q=a=b", ""},
	{"/?q=%7E%2a*", ""}, {"/?ሴ=ሴ", ""}, {"/?%E1%88%B4=1&Z=2", ""}, {"/?A=1&a=1&B=1", ""}, {"/?q=/a?b", ""},
	{"/i/_search?q=user:kim&pretty", ""}, {"/?list-type=2&prefix=a%2Fb&delimiter=/", ""}, {"/?a=%ff", ""},
}

// TestSignTargets: whatever comes is passed on as it came, and its signature holds.
func TestSignTargets(t *testing.T) {
	u := newUpstream(t, nil)
	for _, settings := range []string{
		"service: s3, region: eu-west-1", "service: es, region: eu-west-1",
		"service: s3, region: '*', algorithm: sigv4a", "service: es, region: 'eu-*', algorithm: sigv4a",
		"service: s3, region: eu-west-1, unsigned_payload: true",
	} {
		s := newSigning(t, u, settings, "")
		for _, c := range nasty {
			want := c.want
			if want == "" {
				want = c.target
			}
			answer := s.send(t, "PUT "+c.target+" HTTP/1.1\r\nHost: localhost\r\n"+signToken1+
				"Content-Length: 4\r\n\r\nbody")
			got := u.take()
			if answer.status != http.StatusOK || len(got) != 1 || got[0].err != nil || got[0].body != "body" ||
				got[0].RequestURI != want {
				t.Errorf("%s: %s: %d, %d requests, %+v", settings, c.target, answer.status, len(got), got)
			}
		}
	}
}

// TestSignHeaders: what belongs to the connection or to us is not passed on, and the client's signature is replaced.
func TestSignHeaders(t *testing.T) {
	u := newUpstream(t, nil)
	s := newSigning(t, u, "service: es, region: eu-west-1, strip: [X-Secret]", "")
	for name, token := range map[string]string{
		"X-Sluice-Token":      "X-Sluice-Token: " + tokenOne,
		"Proxy-Authorization": "Proxy-Authorization: bearer " + tokenOne,
	} {
		answer := s.send(t, "POST /_bulk HTTP/1.1\r\nHost: 127.0.0.1:9200\r\n"+token+"\r\n"+
			"Authorization: AWS4-HMAC-SHA256 Credential=AKIA/x\r\nX-Amz-Date: 20200101T000000Z\r\n"+
			"X-Amz-Security-Token: theirs\r\nX-Amz-Content-Sha256: 0000\r\nConnection: X-Hop\r\nX-Hop: 1\r\n"+
			"Keep-Alive: 1\r\nX-Secret: 1\r\nX-Many: a\r\nX-Many:  b  c \r\nUser-Agent: me\r\nCookie: a=b\r\n"+
			"Content-Type: application/x-ndjson\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"+
			"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
		got := u.take()
		if answer.status != http.StatusOK || len(got) != 1 || got[0].err != nil {
			t.Fatalf("%s: %d, %+v", name, answer.status, got)
		}
		r := got[0]
		if r.body != "abcde" || r.ContentLength != 5 || r.Host != u.Listener.Addr().String() ||
			r.signed.Service != "es" || r.ProtoMajor != 2 {
			t.Errorf("%s: %q for %s by HTTP/%d, %+v", name, r.body, r.Host, r.ProtoMajor, r.signed)
		}
		for _, gone := range []string{name, "X-Hop", "Keep-Alive", "X-Secret", "Expect", "X-Forwarded-For",
			"X-Amz-Content-Sha256", "Accept-Encoding"} {
			if value := r.Header.Values(gone); len(value) > 0 {
				t.Errorf("%s: %s: %q was passed on", name, gone, value)
			}
		}
		if r.Header.Get("User-Agent") != "me" || r.Header.Get("Cookie") != "a=b" ||
			len(r.Header.Values("X-Many")) != 2 {
			t.Errorf("%s: headers %v", name, r.Header)
		}
	}
	for _, line := range []string{"request signed", `"service":"one"`, `"path":"/_bulk"`, `"status":200`} {
		if !strings.Contains(s.log.String(), line) {
			t.Errorf("the log lacks %s:\n%s", line, s.log)
		}
	}
}

// TestSignDenials: who has no right gets nothing, and nothing reaches the upstream.
func TestSignDenials(t *testing.T) {
	u := newUpstream(t, nil)
	for _, c := range []struct {
		more, request string
		status        int
	}{
		{"", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 401},
		{"", "GET / HTTP/1.1\r\nHost: localhost\r\nX-Sluice-Token: x\r\n\r\n", 401},
		{"", "GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: " + tokenOne + "\r\n\r\n", 401},
		{"", "GET / HTTP/1.1\r\nHost: localhost\r\n" + signToken1 + "Proxy-Authorization: Bearer x\r\n\r\n", 401},
		{"", "GET / HTTP/1.1\r\nHost: evil.example\r\n" + signToken1 + "\r\n", 403},
		{"", "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n" + signToken1 + "\r\n", 403},
		{"service: one", "GET / HTTP/1.1\r\nHost: localhost\r\nX-Sluice-Token: x\r\n\r\n", 401},
		{"service: one", "GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n", 403},
		{"service: one", "GET / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n", 403},
		{"", "GET / HTTP/1.1\r\nHost: localhost\r\n" + signToken1 +
			"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 501},
		{"", "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n" + signToken1 + "\r\n", 400},
		{"", "GET /?a=%zz HTTP/1.1\r\nHost: localhost\r\n" + signToken1 + "\r\n", 400},
		{"", "GET /?X-Amz-Signature=1 HTTP/1.1\r\nHost: localhost\r\n" + signToken1 + "\r\n", 400},
		{"", "PUT / HTTP/1.1\r\nHost: localhost\r\n" + signToken1 +
			"X-Amz-Content-Sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\r\nContent-Length: 1\r\n\r\nx", 400},
		{"", "PUT / HTTP/1.1\r\nHost: localhost\r\n" + signToken1 + "Content-Length: 6442450944\r\n\r\n", 413},
	} {
		s := newSigning(t, u, "service: es, region: eu-west-1", c.more)
		if answer := s.send(t, c.request); answer.status != c.status || len(u.take()) > 0 {
			t.Errorf("%s %q: %+v, want %d", c.more, c.request, answer, c.status)
		}
	}
	open := newSigning(t, u, "service: es, region: eu-west-1", "service: one")
	if answer := open.send(t, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); answer.status != 200 {
		t.Errorf("without a token where none is needed: %d", answer.status)
	}
}

// TestSignBodies: bodies of any size arrive, and are hashed.
func TestSignBodies(t *testing.T) {
	u := newUpstream(t, nil)
	s := newSigning(t, u, "service: s3, region: eu-west-1", "")
	for _, size := range []int{0, 1, inMemory - 1, inMemory, inMemory + 1, 5*inMemory + 17} {
		body := strings.Repeat("0123456789", size/10+1)[:size]
		answer := s.send(t, fmt.Sprintf("PUT /k HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %d\r\n\r\n%s",
			signToken1, size, body))
		got := u.take()
		if answer.status != 200 || len(got) != 1 || got[0].err != nil || got[0].body != body ||
			got[0].signed.Payload != signtest.Hash([]byte(body)) {
			t.Errorf("%d bytes: %d, %d requests", size, answer.status, len(got))
		}
	}
}

// TestSignExpired: a request is signed once more with a new key if the upstream says that the key has expired.
func TestSignExpired(t *testing.T) {
	asked := 0
	u := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked == 1 {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"message":"The security token included in the request is expired"}`)
			return
		}
		fmt.Fprint(w, "fine")
	})
	s := newSigning(t, u, "service: es, region: eu-west-1", "")
	answer := s.send(t, "PUT / HTTP/1.1\r\nHost: localhost\r\n"+signToken1+"Content-Length: 4\r\n\r\nbody")
	got := u.take()
	if answer.status != 200 || len(got) != 2 || credentialOf(got[0].Request) == credentialOf(got[1].Request) ||
		got[1].err != nil || got[1].body != "body" {
		t.Errorf("%d after %+v", answer.status, got)
	}
	u.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, "<Error><Code>AccessDenied</Code></Error>")
	}
	answer = s.send(t, "GET / HTTP/1.1\r\nHost: localhost\r\n"+signToken1+"\r\n")
	if answer.status != 403 || len(u.take()) != 1 || answer.body != "<Error><Code>AccessDenied</Code></Error>" {
		t.Errorf("another refusal: %+v", answer)
	}
}

// TestSignWaits: requests wait while the key is being retrieved, and are told to come back if that takes too long or
// fails. Nothing reaches the upstream meanwhile.
func TestSignWaits(t *testing.T) {
	for _, c := range []struct {
		name   string
		then   func(sts *fakeSTS, release func())
		status int
	}{
		{"a key comes", func(_ *fakeSTS, release func()) { release() }, 200},
		{"no key comes", func(*fakeSTS, func()) { time.Sleep(maxWait) }, 503},
		{"it fails", func(sts *fakeSTS, release func()) { sts.down.Store(true); release() }, 503},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { waitForKey(t, c.then, c.status) })
		})
	}
}

func waitForKey(t *testing.T, then func(sts *fakeSTS, release func()), status int) {
	b := newTestServer(t, one+signES)
	l := b.opts.Config.Server.Listeners[0]
	var passed atomic.Int64
	b.signers[l.Address].transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		passed.Add(1)
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
	})
	answers := make(chan *httptest.ResponseRecorder, 3)
	held := b.sts.holdBack()
	release := sync.OnceFunc(func() { close(held) })
	defer release()
	for range 3 {
		go func() { answers <- b.ask(l, "GET /", "X-Sluice-Token: "+tokenOne) }()
	}
	synctest.Wait() // all wait for STS
	if passed.Load() > 0 {
		t.Error("a request went on without a key")
	}
	then(b.sts, release)
	for range 3 {
		answer := <-answers
		if retry := answer.Header().Get("Retry-After"); answer.Code != status || (retry == "") != (status == 200) {
			t.Errorf("%d, Retry-After %q, want %d", answer.Code, retry, status)
		}
	}
	if (passed.Load() == 3) != (status == 200) || b.sts.calls.Load() != 1 {
		t.Errorf("%d requests went on, after %d retrievals", passed.Load(), b.sts.calls.Load())
	}
}

// roundTripper is a network.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestSignSlow: neither a slow upstream nor a slow client is cut off by the time limits of the other faces.
func TestSignSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestServer(t, one+strings.Replace(signES, "service: es", "unsigned_payload: true, service: es", 1))
		l := b.opts.Config.Server.Listeners[0]
		b.signers[l.Address].transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			if err != nil || string(body) != "ab" {
				t.Errorf("body %q, %v", body, err)
			}
			if _, err := r.Body.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("behind the end: %v", err)
			}
			select {
			case <-time.After(4 * time.Minute):
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
		})
		client, conn := net.Pipe()
		server := b.httpServer(b.Handler(l))
		go func() { _ = server.Serve(&oneConn{conns: make(chan net.Conn), first: conn}) }()
		defer server.Close()
		for _, part := range []string{
			"PUT / HTTP/1.1\r\nHost: localhost\r\n" + signToken1 + "Content-Length: 2\r\n\r\na", "b",
		} {
			if _, err := io.WriteString(client, part); err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Second) // of the bubble
		}
		if answer := readReply(t, bufio.NewReader(client)); answer.status != 200 {
			t.Errorf("%+v", answer)
		}
		client.Close()
	})
}

// oneConn is a listener at which one client has called.
type oneConn struct {
	conns chan net.Conn
	first net.Conn
	once  sync.Once
}

func (l *oneConn) Accept() (c net.Conn, err error) {
	if c, l.first = l.first, nil; c != nil {
		return c, nil
	}
	<-l.conns
	return nil, net.ErrClosed
}

func (l *oneConn) Close() error {
	l.once.Do(func() { close(l.conns) })
	return nil
}

func (l *oneConn) Addr() net.Addr { return &net.TCPAddr{} }

// signES signs for a service that is not there.
const signES = `
server:
  listeners:
    - address: 127.0.0.1:9200
      faces: [sign]
      sign: {service: es, region: eu-west-1, upstream: 'https://es.example.com'}
`

// TestSignBusy: what is more than can be held is told to come back.
func TestSignBusy(t *testing.T) {
	u := newUpstream(t, nil)
	s := newSigning(t, u, "service: es, region: eu-west-1", "")
	signer := s.signers["127.0.0.1:9200"]
	for range maxSigned {
		signer.acquire()
	}
	answer := s.send(t, "GET / HTTP/1.1\r\nHost: localhost\r\n"+signToken1+"\r\n")
	if answer.status != 503 || answer.header.Get("Retry-After") != "1" || len(u.take()) > 0 {
		t.Errorf("the 257th request: %d", answer.status)
	}
	signer.release()
	answer = s.send(t, "GET / HTTP/1.1\r\nHost: localhost\r\n"+signToken1+"\r\n")
	if answer.status != 200 {
		t.Errorf("when there is room again: %d", answer.status)
	}
}

// TestSignUpstreamAway: the client learns that it was not the sidecar.
func TestSignUpstreamAway(t *testing.T) {
	u := newUpstream(t, nil)
	s := newSigning(t, u, "service: es, region: eu-west-1", "")
	u.Close()
	answer := s.send(t, "GET / HTTP/1.1\r\nHost: localhost\r\n"+signToken1+"\r\n")
	if answer.status != 502 || !strings.Contains(answer.body, "The upstream server did not answer") {
		t.Errorf("%+v", answer)
	}
}
