package sidecar

import (
	"encoding/json"
	"net/http"
	"time"

	"sluice/creds"
	"sluice/sidecar/config"
)

// endpoint answers the requests of one listener.
type endpoint struct {
	listener config.Listener
	server   *Server
	denials  *limiter // by peer
	signer   *signer  // of the face sign; may be nil
}

// noFace is for requests that belong to no face.
var noFace = &face{name: "none", deny: (*denial).writeJSON}

// ServeHTTP has the request's face answer. Paths are compared as they were sent:
// nothing is unescaped, cleaned or redirected.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if e.signer != nil {
		e.serveSigned(signFace, w, r)
		return
	}
	path := r.URL.Path
	if r.URL.RawPath != "" { // something was escaped that need not be
		path = ""
	}
	if path == "/health" {
		e.serveHealth(w, r)
		return
	}
	f := findFace(e.listener, path)
	switch {
	case f == nil:
		denied := guard(e.listener, r)
		if denied == nil {
			denied = denyNotFound
		}
		e.deny(w, r, noFace, denied)
	case f.serve != nil:
		f.serve(e, f, w, r)
	default:
		e.serveKey(w, r, f)
	}
}

// findByToken returns the service that the request's token opens.
func findByToken(e *endpoint, r *http.Request) (*service, *denial) {
	sent := r.Header.Values("Authorization")
	if len(sent) == 0 || sent[0] == "" {
		return nil, denyNoToken
	}
	if len(sent) > 1 {
		return nil, denyBadToken
	}
	return e.lookup(sent[0])
}

// lookup returns the service that a token opens.
func (e *endpoint) lookup(token string) (*service, *denial) {
	if s := e.server.registry.find(token); s != nil {
		return s, nil
	}
	return nil, denyBadToken
}

// serveKey answers a request for a key, in the form of a face.
func (e *endpoint) serveKey(w http.ResponseWriter, r *http.Request, f *face) {
	began := e.server.opts.Now()
	denied := guard(e.listener, r)
	if denied == nil && r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		denied = denyMethod
	}
	if denied != nil {
		e.deny(w, r, f, denied)
		return
	}
	s, key, denied := e.key(r, f)
	if denied != nil {
		e.refuse(w, r, f, s, denied, began)
		return
	}
	now := e.server.opts.Now()
	e.server.audit(r, s, f.name, key)
	setHeaders(w, "application/json")
	json.NewEncoder(w).Encode(f.document(key, now))
	e.server.metrics.countRequest(f.name, "success", s.name, now.Sub(began))
}

// refuse counts a request that gets no key, and denies it. The service is nil if it is not known.
func (e *endpoint) refuse(w http.ResponseWriter, r *http.Request, f *face, s *service, d *denial, began time.Time) {
	name := ""
	if s != nil {
		name = s.name
	}
	e.server.metrics.countRequest(f.name, d.result, name, e.server.opts.Now().Sub(began))
	e.deny(w, r, f, d)
}

// key returns the request's service and its key. If the service changes while its
// key is awaited, the request starts over.
func (e *endpoint) key(r *http.Request, f *face) (*service, creds.Credentials, *denial) {
	for {
		s, denied := f.find(e, r)
		if denied != nil {
			return nil, creds.Credentials{}, denied
		}
		now := e.server.opts.Now()
		if s.hasEnded(now) {
			return s, creds.Credentials{}, denyEnded
		}
		if !s.limit.AllowN(now, 1) {
			return s, creds.Credentials{}, denyTooMany(1)
		}
		key, err := s.entry.cache.Retrieve(r.Context())
		if s.entry.revoked.Load() {
			continue
		}
		if err != nil { // which the entry has logged
			reason := ""
			if s.config.Reasons {
				reason = err.Error()
			}
			return s, creds.Credentials{}, denyUnavailable(e.server.opts.Config.Credentials.RetryDelay, reason)
		}
		return s, key, nil
	}
}

// deny answers without a key. A peer that is denied too often is told so, and is
// not logged any more.
func (e *endpoint) deny(w http.ResponseWriter, r *http.Request, f *face, d *denial) {
	peer := peerOf(r)
	if d.status < http.StatusInternalServerError && !e.denials.allow(peer, e.server.opts.Now()) {
		d = denyTooMany(1)
	} else {
		e.server.opts.Log.Warn("request refused",
			"face", f.name, "status", d.status, "reason", d.message, "peer", peer)
	}
	e.server.metrics.countDenial(f.name, d.status)
	f.deny(d, w)
}

// audit logs that a key is handed out.
func (s *Server) audit(r *http.Request, to *service, face string, key creds.Credentials) {
	expires := "never"
	if key.CanExpire() {
		expires = key.Expires.UTC().Format(time.RFC3339)
	}
	s.opts.Audit.Info("credentials issued", "service", to.name, "access_key_id", key.AccessKeyID,
		"expires", expires, "face", face, "peer", peerOf(r))
}
