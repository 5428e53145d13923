package sidecar

import (
	"context"
	"net/http"
	"strings"
	"time"

	"sluice/creds"
	"sluice/sidecar/config"
)

// The headers in which the caller's token comes. They are never passed on.
const (
	signTokenHeader = "X-Sluice-Token"
	proxyAuthHeader = "Proxy-Authorization"
	bearer          = "Bearer "
)

// maxWait bounds how long a request waits for a key that is being retrieved.
const maxWait = 10 * time.Second

// signFace is a reverse proxy that signs requests for clients which know no AWS. It takes every path, and so has a
// listener of its own.
var signFace = &face{
	name:  config.FaceSign,
	match: func(string) bool { return true },
	find:  findSigner,
	deny:  (*denial).writeJSON,
	serve: (*endpoint).serveSigned,
}

// Denials of the face sign.
var (
	denySignToken = &denial{
		status:  http.StatusUnauthorized,
		code:    "MissingAuthenticationToken",
		message: "Send the service's token as Proxy-Authorization: Bearer, or as X-Sluice-Token",
		result:  "denied_missing_token",
	}
	denyUpgrade = newDenial(http.StatusNotImplemented, "NotImplemented",
		"A signature is for one request, and so no connection can be upgraded (WebSocket)")
	denyTarget = newDenial(http.StatusBadRequest, "InvalidRequest",
		"Ask for a path: neither CONNECT nor OPTIONS * can be signed")
	denyBusy = &denial{
		status:     http.StatusServiceUnavailable,
		code:       "ServiceUnavailable",
		message:    "Too many requests at once",
		retryAfter: 1,
		result:     "error",
	}
)

// findSigner returns the service of the request's token, or without one the listener's.
func findSigner(e *endpoint, r *http.Request) (*service, *denial) {
	token, sent := signToken(r)
	if sent {
		return e.lookup(token)
	}
	if e.listener.Service == "" {
		return nil, denySignToken
	}
	if s := e.server.registry.named(e.listener.Service); s != nil {
		return s, nil
	}
	return nil, denyNotFound
}

// signToken returns the caller's token. Several never open a service.
func signToken(r *http.Request) (token string, sent bool) {
	all := r.Header.Values(signTokenHeader)
	for _, value := range r.Header.Values(proxyAuthHeader) {
		if len(value) > len(bearer) && strings.EqualFold(value[:len(bearer)], bearer) {
			value = value[len(bearer):]
		}
		all = append(all, value)
	}
	switch len(all) {
	case 0:
		return "", false
	case 1:
		return all[0], true
	}
	return "", true
}

// serveSigned signs a request, passes it on, and passes the answer back.
func (e *endpoint) serveSigned(f *face, w http.ResponseWriter, r *http.Request) {
	began := e.server.opts.Now()
	denied := guardSigned(e.listener, r)
	if denied == nil && !e.signer.acquire() {
		denied = denyBusy
	} else if denied == nil {
		defer e.signer.release()
	}
	if denied != nil {
		e.deny(w, r, f, denied)
		return
	}
	s, key, denied := e.signingKey(r, f)
	if denied != nil {
		e.refuse(w, r, f, s, denied, began)
		return
	}
	answer := &signedAnswer{ResponseWriter: w, control: http.NewResponseController(w)}
	defer func() { // also if the client has gone
		took := e.server.opts.Now().Sub(began)
		e.server.metrics.countRequest(f.name, answer.result(), s.name, took)
		e.server.opts.Audit.Info("request signed", "service", s.name, "access_key_id", key.AccessKeyID, "face", f.name,
			"peer", peerOf(r), "method", r.Method, "host", e.signer.upstream.Host, "path", r.URL.EscapedPath(),
			"status", answer.status, "bytes", answer.bytes, "millis", took.Milliseconds())
	}()
	e.signer.serve(answer, r, signingKey{key, s.entry.cache})
}

// signingKey is a key, and what keeps it fresh.
type signingKey struct {
	creds.Credentials
	cache *creds.Cache
}

// signingKey waits for a key, but not for long.
func (e *endpoint) signingKey(r *http.Request, f *face) (*service, creds.Credentials, *denial) {
	ctx, cancel := context.WithTimeout(r.Context(), maxWait)
	defer cancel()
	return e.key(r.WithContext(ctx), f)
}

// guardSigned denies what cannot be signed. Without a token it also denies what may have been forged, as guard does.
func guardSigned(l config.Listener, r *http.Request) *denial {
	_, sent := signToken(r)
	switch {
	case !isHostAllowed(l, r):
		return denyHost
	case !sent && len(r.Header.Values("X-Forwarded-For")) > 0:
		return denyForwarded
	case !sent && len(r.Header.Values("Origin")) > 0:
		return denyWebPage
	case r.Method == http.MethodConnect || !strings.HasPrefix(r.URL.Path, "/"):
		return denyTarget
	case r.Header.Get("Upgrade") != "":
		return denyUpgrade
	}
	return nil
}
