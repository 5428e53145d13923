package sidecar

import (
	"encoding/json"
	"time"

	"golang.org/x/time/rate"

	"sluice/sidecar/config"
)

// service is a service in force. It is immutable except for its entry and limit.
type service struct {
	name   string
	file   string // that defines it
	config config.Service
	tokens []digest
	origin digest // of everything that its key depends on
	entry  *keyEntry
	limit  *rate.Limiter
}

// hasEnded reports whether the service's time is over.
func (s *service) hasEnded(now time.Time) bool {
	return !s.config.End.IsZero() && !now.Before(s.config.End)
}

// definition is a service as a file defines it.
type definition struct {
	file   string
	config config.Service
}

// burstSeconds is how many seconds' worth of requests may come at once.
const burstSeconds = 5

// newService makes a service. It takes over its predecessor's key if nothing that
// the key depends on has changed.
func (r *registry) newService(name string, d definition, old *service) (*service, error) {
	origin, err := json.Marshal(struct {
		Source config.Source
		Role   *config.AssumeRole
	}{d.config.Source, d.config.Role})
	if err != nil {
		return nil, err
	}
	s := &service{
		name:   name,
		file:   d.file,
		config: d.config,
		tokens: r.hasher.tokens(d.config),
		origin: r.hasher.digest(string(origin)),
		limit:  rate.NewLimiter(rate.Limit(r.rate), burstSeconds*r.rate),
	}
	if old != nil && old.origin == s.origin {
		s.entry, s.limit = old.entry, old.limit
		return s, nil
	}
	s.entry, err = r.newEntry(name, d.config)
	return s, err
}
