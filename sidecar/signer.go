package sidecar

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"sluice/creds"
	"sluice/creds/sign"
	"sluice/sidecar/config"
)

// maxSigned bounds the requests of one listener that are under way, those that wait for a key included.
const maxSigned = 256

// signer signs the requests of one listener, and passes them on.
type signer struct {
	upstream  *url.URL // scheme and host
	options   config.Sign
	signer    *sign.Signer
	transport http.RoundTripper
	now       func() time.Time
	log       *slog.Logger
	free      chan struct{}
	buffers   copyBuffers
	errors    *log.Logger // of httputil
}

// copyBuffers are what answers are copied with.
type copyBuffers struct{ pool sync.Pool }

// Get returns a buffer.
func (b *copyBuffers) Get() []byte {
	if kept, ok := b.pool.Get().(*[]byte); ok {
		return *kept
	}
	return make([]byte, 32<<10)
}

// Put takes it back.
func (b *copyBuffers) Put(buffer []byte) { b.pool.Put(&buffer) }

// newSigner makes the signer of a listener; nil if it has not the face.
func newSigner(ctx context.Context, l config.Listener, s *Server) (*signer, error) {
	if l.Sign == nil {
		return nil, nil
	}
	options := sign.For(l.Sign.Service, l.Sign.Region)
	if l.Sign.Algorithm == "sigv4a" {
		options.Algorithm = sign.V4A
	}
	made, err := sign.New(options)
	if err != nil {
		return nil, err
	}
	transport, err := newUpstreamTransport(ctx, l.Sign.CAFile, s.opts.Environment)
	if err != nil {
		return nil, err
	}
	return &signer{upstream: l.Sign.URL(), options: *l.Sign, signer: made, transport: transport, now: s.opts.Now,
		log: s.opts.Log, free: make(chan struct{}, maxSigned),
		errors: slog.NewLogLogger(s.opts.Log.Handler(), slog.LevelDebug)}, nil
}

// newUpstreamTransport makes what connects to a server. It adds nothing to requests.
func newUpstreamTransport(ctx context.Context, caFile string, world config.Environment) (*http.Transport, error) {
	t := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		TLSHandshakeTimeout:   10 * time.Second,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
		DisableCompression:    true,
		MaxIdleConnsPerHost:   maxSigned,
		IdleConnTimeout:       time.Minute,
		ExpectContinueTimeout: time.Second,
		ResponseHeaderTimeout: 5 * time.Minute,
	}
	if caFile == "" {
		return t, nil
	}
	text, err := world.ReadFile(ctx, caFile)
	if err != nil {
		return nil, fmt.Errorf("read sign.ca_file: %w", err)
	}
	t.TLSClientConfig.RootCAs = x509.NewCertPool()
	if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("sign.ca_file %s contains no PEM certificate", caFile)
	}
	return t, nil
}

// acquire takes a place, and reports false if all are taken.
func (s *signer) acquire() bool {
	select {
	case s.free <- struct{}{}:
		return true
	default:
		return false
	}
}

func (s *signer) release() { <-s.free }

// serve passes a request on and its answer back.
func (s *signer) serve(w *signedAnswer, r *http.Request, key signingKey) {
	body, denied := s.spool(w, r)
	if denied != nil {
		w.deny(denied)
		return
	}
	defer body.Close()
	proxy := httputil.ReverseProxy{
		Rewrite:       s.rewrite,
		Transport:     signedTransport{s, key, body},
		FlushInterval: -1, // answers may be streams
		BufferPool:    &s.buffers,
		ErrorLog:      s.errors,
		ErrorHandler:  func(_ http.ResponseWriter, _ *http.Request, err error) { s.fail(w, err) },
	}
	proxy.ServeHTTP(w, r)
}

// rewrite makes the request that is passed on: the same, but for its host, what belongs to the connection, and what is
// for us. Path and query stay as they came.
func (s *signer) rewrite(p *httputil.ProxyRequest) {
	p.Out.URL.Scheme, p.Out.URL.Host, p.Out.Host = s.upstream.Scheme, s.upstream.Host, s.upstream.Host
	p.Out.URL.User, p.Out.URL.Fragment = nil, ""
	p.Out.URL.RawQuery, p.Out.URL.ForceQuery = p.In.URL.RawQuery, p.In.URL.ForceQuery
	for _, name := range append([]string{signTokenHeader, proxyAuthHeader}, s.options.Strip...) {
		p.Out.Header.Del(name)
	}
}

// errUnsignable is an error of the request, and not of the upstream.
type errUnsignable struct{ error }

// fail answers for a request that could not be signed, or that has no answer.
func (s *signer) fail(w *signedAnswer, err error) {
	s.log.Warn("request not passed on", "host", s.upstream.Host, "error", err)
	var unsignable errUnsignable
	if errors.As(err, &unsignable) {
		w.deny(newDenial(http.StatusBadRequest, "InvalidRequest", "The request cannot be signed: "+unsignable.Error()))
		return
	}
	w.deny(newDenial(http.StatusBadGateway, "BadGateway", "The upstream server did not answer"))
}

// signedTransport signs requests with a key, and once more with a new one if the upstream says that it has expired.
type signedTransport struct {
	*signer
	key  signingKey
	body *spooledBody
}

// RoundTrip sends a request.
func (t signedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := t.send(r, t.key.Credentials)
	if err != nil || !t.body.repeats() || !saysExpired(answer) {
		return answer, err
	}
	if !t.key.cache.Invalidate(t.key.Credentials) {
		return answer, nil
	}
	next, err := t.key.cache.Retrieve(r.Context())
	if err != nil || next.SameKey(t.key.Credentials) {
		return answer, nil // which says why
	}
	answer.Body.Close()
	t.log.Info("the upstream refused an expired key; signed again with a new one", "host", t.upstream.Host)
	return t.send(r, next)
}

// send signs a request and sends it.
func (t signedTransport) send(r *http.Request, key creds.Credentials) (*http.Response, error) {
	out := r.Clone(r.Context())
	if err := t.body.setOn(out); err != nil {
		return nil, err
	}
	if err := t.signer.signer.Sign(out, key, t.body.payload, t.now()); err != nil {
		return nil, errUnsignable{err}
	}
	return t.transport.RoundTrip(out)
}

// maxErrorBody is how much of an answer is read to see what it refuses.
const maxErrorBody = 64 << 10

// saysExpired reports whether an answer refuses an expired key. The answer stays readable.
func saysExpired(r *http.Response) bool {
	if r.StatusCode != http.StatusForbidden && r.StatusCode != http.StatusBadRequest &&
		r.StatusCode != http.StatusUnauthorized {
		return false
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, maxErrorBody))
	rest := r.Body
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(text), readerOr(rest, err)), rest}
	codes := []string{"ExpiredToken", "token included in the request is expired"}
	return slices.ContainsFunc(codes, func(code string) bool { return strings.Contains(string(text), code) })
}

// readerOr is a reader, or an error that it has had.
func readerOr(r io.Reader, err error) io.Reader {
	if err != nil {
		return failedReader{err}
	}
	return r
}

type failedReader struct{ err error }

func (f failedReader) Read([]byte) (int, error) { return 0, f.err }
