package sidecar

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"sluice/creds"
)

// face answers the requests of one listener.
type face struct {
	listener Listener
	server   *Server
	refused  *limiter // counts refusals, by peer
}

// ServeHTTP finds who answers. Paths are compared as they were sent: nothing is
// unescaped, cleaned or redirected.
func (f *face) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if r.URL.RawPath != "" { // it was escaped without need
		path = ""
	}
	switch {
	case path == "/health":
		f.health(w, r)
	case f.has(faceIMDS) && strings.HasPrefix(path, "/latest"):
		f.imds(w, r, path)
	case f.has(faceProcess) && path == "/_aws/credentials":
		f.give(w, r, faceProcess, bearer, (*refusal).writeText)
	case f.has(faceContainer) && path == "/v1/credentials":
		f.give(w, r, faceContainer, anyService, (*refusal).writeJSON)
	case f.has(facePodIdentity) && path == "/v1/credentials":
		f.give(w, r, facePodIdentity, anyService, (*refusal).writeJSON)
	case f.has(faceContainer) && strings.HasPrefix(path, "/role/"):
		f.give(w, r, faceContainer, onlyService(strings.TrimPrefix(path, "/role/")), (*refusal).writeJSON)
	default:
		refused := f.listener.guard(r)
		if refused == nil {
			refused = errNotFound()
		}
		f.turnAway(w, r, "none", refused, (*refusal).writeJSON)
	}
}

func (f *face) has(name string) bool { return slices.Contains(f.listener.Faces, name) }

// finder returns the service that a request is for.
type finder func(f *face, r *http.Request) (*service, *refusal)

// anyService is the service of the request's token.
func anyService(f *face, r *http.Request) (*service, *refusal) {
	sent := r.Header.Values("Authorization")
	if len(sent) == 0 || sent[0] == "" {
		return nil, errNoToken()
	}
	return f.open(sent)
}

// onlyService is the service of that name, if the token opens it.
func onlyService(name string) finder {
	return func(f *face, r *http.Request) (*service, *refusal) {
		s, refused := anyService(f, r)
		if refused == nil && s.name != name {
			return nil, errBadToken()
		}
		return s, refused
	}
}

// bearer is the service of a token that is sent as "Bearer TOKEN".
func bearer(f *face, r *http.Request) (*service, *refusal) {
	sent := r.Header.Values("Authorization")
	if len(sent) == 0 || sent[0] == "" {
		return nil, errNoToken()
	}
	const scheme = "bearer "
	if len(sent[0]) < len(scheme) || !strings.EqualFold(sent[0][:len(scheme)], scheme) {
		return nil, errBadToken()
	}
	return f.open([]string{sent[0][len(scheme):]})
}

// open finds the service of a token. Several headers are one too many.
func (f *face) open(sent []string) (*service, *refusal) {
	if len(sent) > 1 {
		return nil, errBadToken()
	}
	s := f.server.registry.find(sent[0])
	if s == nil {
		return nil, errBadToken()
	}
	return s, nil
}

// give answers with a service's key.
func (f *face) give(w http.ResponseWriter, r *http.Request, face string, find finder, write func(*refusal, http.ResponseWriter)) {
	began := f.server.opts.Now()
	refused := f.listener.guard(r)
	if refused == nil && r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		refused = errBadMethod()
	}
	if refused != nil {
		f.turnAway(w, r, face, refused, write)
		return
	}
	s, found, refused := f.key(r, find)
	name := ""
	if s != nil {
		name = s.name
	}
	if refused != nil {
		f.server.metrics.request(face, refused.result, name, f.server.opts.Now().Sub(began))
		f.turnAway(w, r, face, refused, write)
		return
	}
	now := f.server.opts.Now()
	f.server.audit(r, s, face, found)
	headers(w, "application/json")
	json.NewEncoder(w).Encode(documentOf(face, found, now))
	f.server.metrics.request(face, "success", name, now.Sub(began))
}

// key finds the request's service and its key. A service that is changed while
// its key is awaited is looked up again.
func (f *face) key(r *http.Request, find finder) (*service, creds.Credentials, *refusal) {
	for {
		s, refused := find(f, r)
		if refused != nil {
			return nil, creds.Credentials{}, refused
		}
		now := f.server.opts.Now()
		if s.ended(now) {
			return s, creds.Credentials{}, errEnded()
		}
		if !s.limit.AllowN(now, 1) {
			return s, creds.Credentials{}, errTooMany(1)
		}
		found, err := s.keeper.cache.Retrieve(r.Context())
		if s.keeper.revoked.Load() {
			continue
		}
		if err != nil { // which the keeper has logged
			return s, creds.Credentials{}, errUnavailable(f.server.opts.Config.Credentials.RetryDelay)
		}
		return s, found, nil
	}
}

// turnAway writes a refusal. A peer that is refused all the time hears that it
// asks too often, and is not logged any more.
func (f *face) turnAway(w http.ResponseWriter, r *http.Request, face string, refused *refusal, write func(*refusal, http.ResponseWriter)) {
	peer := peerOf(r)
	if refused.status < http.StatusInternalServerError && !f.refused.allow(peer, f.server.opts.Now()) {
		refused = errTooMany(1)
	} else {
		f.server.opts.Log.Warn("request refused", "face", face, "status", refused.status, "reason", refused.message, "peer", peer)
	}
	f.server.metrics.refused(face, refused.status)
	write(refused, w)
}

// audit writes the line of a key that is handed out.
func (s *Server) audit(r *http.Request, of *service, face string, c creds.Credentials) {
	expires := "never"
	if c.CanExpire() {
		expires = c.Expires.UTC().Format(time.RFC3339)
	}
	s.opts.Audit.Info("credentials issued", "service", of.name, "access_key_id", c.AccessKeyID, "expires", expires, "face", face, "peer", peerOf(r))
}
