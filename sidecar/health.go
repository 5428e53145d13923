package sidecar

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// healthFace stands for /health, which every listener has.
var healthFace = &face{name: "health", deny: (*denial).writeJSON}

// serveHealth answers 200, or 503 if no service can give a key. Services that
// failed are retried in the background, so that health recovers by itself.
func (e *endpoint) serveHealth(w http.ResponseWriter, r *http.Request) {
	denied := guard(e.listener, r)
	if denied == nil && r.Method != http.MethodGet && r.Method != http.MethodHead {
		denied = denyMethod
	}
	if denied != nil {
		e.deny(w, r, healthFace, denied)
		return
	}
	services, able := e.server.countAble()
	status, text := http.StatusOK, "healthy"
	if services > 0 && able == 0 {
		status, text = http.StatusServiceUnavailable, "unhealthy"
	}
	if status != http.StatusOK || e.server.opts.Config.Server.LogHealthChecks {
		e.server.opts.Log.Info("health", "status", text, "services", services, "able", able, "peer", peerOf(r))
	}
	setHeaders(w, "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(struct {
		Status   string `json:"status"`
		Services int    `json:"services"`
		Able     int    `json:"able"`
	}{text, services, able})
}

// countAble counts the services, and those that can give a key. It retries the
// others in the background, as often as their caches allow.
func (s *Server) countAble() (services, able int) {
	now := s.opts.Now()
	for _, each := range s.registry.all() {
		services++
		if each.entry.isAble(now) {
			able++
			continue
		}
		if each.entry.retrying.CompareAndSwap(false, true) {
			s.background.Go(func() {
				defer each.entry.retrying.Store(false)
				s.retrieve(each)
			})
		}
	}
	return services, able
}

// retrieve has a service's key retrieved, if that is due. The entry records the
// outcome.
func (s *Server) retrieve(each *service) {
	timeout := time.Duration(s.opts.Config.Credentials.Timeout) * time.Second
	ctx, cancel := context.WithTimeout(s.life, timeout)
	defer cancel()
	each.entry.cache.Retrieve(ctx)
}
