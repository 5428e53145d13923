package sidecar

import (
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// service is one of the services that are in force. It is immutable but for its
// keeper and limiter.
type service struct {
	name   string
	file   string // that it came from
	config ServiceConfig
	tokens []digest
	origin digest // of all that its key depends on
	keeper *keeper
	limit  *rate.Limiter
}

// ended tells whether the service's time is over.
func (s *service) ended(now time.Time) bool {
	return !s.config.ends.IsZero() && !now.Before(s.config.ends)
}

// definition is a service as a file has it.
type definition struct {
	file   string
	config ServiceConfig
}

// registry knows the services that are in force. Readers take no lock.
type registry struct {
	hash    *hasher
	now     func() time.Time
	log     *slog.Logger
	rate    int // per second and service
	keep    func(name string, c ServiceConfig) (*keeper, error)
	dropped func(name string) // told of services that are gone

	table   atomic.Pointer[table]
	mu      sync.Mutex     // guards writers
	closing sync.WaitGroup // of revoked keepers
}

// table is immutable.
type table struct {
	passes passes
	byName map[string]*service
}

func (t *table) sorted() []*service {
	return slices.SortedFunc(maps.Values(t.byName), func(a, b *service) int { return strings.Compare(a.name, b.name) })
}

// find returns the service that a token opens, nil if there is none.
func (r *registry) find(token string) *service {
	return r.table.Load().passes.find(r.hash.token(token), r.now())
}

// named returns a service by its name, nil if there is none.
func (r *registry) named(name string) *service { return r.table.Load().byName[name] }

// all returns the services in the order of their names.
func (r *registry) all() []*service { return r.table.Load().sorted() }

// apply puts services in force, and revokes those that are gone or have another
// key now. A service that cannot be made leaves the one of its name in its place.
func (r *registry) apply(wanted map[string]definition) {
	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.table.Load()
	if old == nil {
		old = &table{}
	}
	next := &table{passes: passes{}, byName: make(map[string]*service, len(wanted))}
	for name, each := range wanted {
		s, err := r.make(name, each, old.byName[name])
		if err != nil {
			r.log.Error("service cannot be used", "service", name, "file", each.file, "error", err)
			if s = old.byName[name]; s == nil {
				continue
			}
		}
		next.byName[name] = s
	}
	r.overlap(old, next)
	for _, s := range next.byName {
		for _, d := range s.tokens {
			next.passes.add(pass{digest: d, service: s})
		}
	}
	r.table.Store(next)
	r.revoke(old, next)
}

// make makes a service; it takes its predecessor's key if nothing that matters
// for it has changed.
func (r *registry) make(name string, d definition, old *service) (*service, error) {
	origin, err := json.Marshal(struct {
		Source Source
		Role   *AssumeRole
	}{d.config.Source, d.config.Role})
	if err != nil {
		return nil, err
	}
	s := &service{
		name: name, file: d.file, config: d.config, tokens: r.hash.tokensOf(d.config), origin: r.hash.token(string(origin)),
		limit: rate.NewLimiter(rate.Limit(r.rate), burstSeconds*r.rate),
	}
	if old != nil && old.origin == s.origin {
		s.keeper, s.limit = old.keeper, old.limit
		return s, nil
	}
	s.keeper, err = r.keep(name, d.config)
	return s, err
}

// burstSeconds is how many seconds' worth of requests may come at once.
const burstSeconds = 5

// overlap lets the old tokens of services that stay open them for a while.
func (r *registry) overlap(old, next *table) {
	now := r.now()
	for _, list := range old.passes {
		for _, p := range list {
			s := next.byName[p.service.name]
			if s == nil || slices.Contains(s.tokens, p.digest) {
				continue
			}
			if p.until.IsZero() {
				p.until = now.Add(time.Duration(s.config.TokenOverlap) * time.Second)
			}
			if p.service = s; now.Before(p.until) {
				next.passes.add(p)
			}
		}
	}
}

// revoke ends the keys that are not in force any more.
func (r *registry) revoke(old, next *table) {
	for name, s := range old.byName {
		now := next.byName[name]
		if now == nil || now.keeper != s.keeper {
			s.keeper.revoked.Store(true)
			r.closing.Go(s.keeper.cache.Close) // which waits for what is under way
		}
		switch {
		case now == nil:
			r.log.Info("service removed", "service", name, "file", s.file)
			r.dropped(name)
		case now.keeper != s.keeper:
			r.log.Info("service changed", "service", name, "file", now.file)
		}
	}
	for name, s := range next.byName {
		if old.byName[name] == nil {
			r.log.Info("service added", "service", name, "file", s.file)
		}
	}
}

// close ends all keepers, and waits for what is under way.
func (r *registry) close() {
	defer r.closing.Wait()
	for _, s := range r.all() {
		s.keeper.cache.Close()
	}
}
