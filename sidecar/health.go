package sidecar

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// health says whether anything can be had: 503 when no service can give a key.
// Services that failed are asked again in the background, as often as their
// keepers let them, so that health comes back by itself.
func (f *face) health(w http.ResponseWriter, r *http.Request) {
	refused := f.listener.guard(r)
	if refused == nil && r.Method != http.MethodGet && r.Method != http.MethodHead {
		refused = errBadMethod()
	}
	if refused != nil {
		f.turnAway(w, r, "health", refused, (*refusal).writeJSON)
		return
	}
	services, able := f.server.able()
	status, text := http.StatusOK, "healthy"
	if services > 0 && able == 0 {
		status, text = http.StatusServiceUnavailable, "unhealthy"
	}
	if status != http.StatusOK || f.server.opts.Config.Server.LogHealthChecks {
		f.server.opts.Log.Info("health", "status", text, "services", services, "able", able, "peer", peerOf(r))
	}
	headers(w, "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(struct {
		Status   string `json:"status"`
		Services int    `json:"services"`
		Able     int    `json:"able"`
	}{text, services, able})
}

// able counts the services, and those that can give a key.
func (s *Server) able() (services, able int) {
	now := s.opts.Now()
	for _, each := range s.registry.all() {
		services++
		if each.keeper.able(now) {
			able++
			continue
		}
		if each.keeper.asking.CompareAndSwap(false, true) {
			s.background.Go(func() {
				defer each.keeper.asking.Store(false)
				s.ask(each)
			})
		}
	}
	return services, able
}

// ask has a service's key retrieved, if that is due.
func (s *Server) ask(each *service) {
	ctx, cancel := context.WithTimeout(s.life, time.Duration(s.opts.Config.Credentials.Timeout)*time.Second)
	defer cancel()
	each.keeper.cache.Retrieve(ctx) // what comes of it, the keeper notes
}
