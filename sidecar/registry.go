package sidecar

import (
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sluice/sidecar/config"
)

// registry has the services in force. Readers take no lock.
type registry struct {
	hasher    *hasher
	now       func() time.Time
	log       *slog.Logger
	rate      int // per second and service
	newEntry  func(name string, c config.Service) (*keyEntry, error)
	onRemoved func(name string) // is called with each service that was removed

	table   atomic.Pointer[table]
	mu      sync.Mutex     // serializes writers
	closing sync.WaitGroup // of revoked entries
}

// table is immutable.
type table struct {
	tokens tokenIndex
	byName map[string]*service
}

func (t *table) sorted() []*service {
	return slices.SortedFunc(maps.Values(t.byName), func(a, b *service) int { return strings.Compare(a.name, b.name) })
}

// find returns the service that a token opens, nil if there is none.
func (r *registry) find(token string) *service {
	return r.table.Load().tokens.find(r.hasher.digest(token), r.now())
}

// named returns the service of that name, nil if there is none.
func (r *registry) named(name string) *service { return r.table.Load().byName[name] }

// all returns the services in the order of their names.
func (r *registry) all() []*service { return r.table.Load().sorted() }

// apply puts services in force, and revokes the keys of those that were removed or
// now get another key. A service that cannot be made leaves its predecessor in
// force.
func (r *registry) apply(wanted map[string]definition) {
	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.table.Load()
	if old == nil {
		old = &table{}
	}
	next := &table{tokens: tokenIndex{}, byName: make(map[string]*service, len(wanted))}
	for name, each := range wanted {
		s, err := r.newService(name, each, old.byName[name])
		if err != nil {
			r.log.Error("service cannot be used", "service", name, "file", each.file, "error", err)
			if s = old.byName[name]; s == nil {
				continue
			}
		}
		next.byName[name] = s
	}
	r.keepOldTokens(old, next)
	for _, s := range next.byName {
		for _, d := range s.tokens {
			next.tokens.add(tokenEntry{digest: d, service: s})
		}
	}
	r.table.Store(next)
	r.revoke(old, next)
	r.logChanges(old, next)
}

// keepOldTokens lets the former tokens of services open them until their overlap
// ends.
func (r *registry) keepOldTokens(old, next *table) {
	now := r.now()
	for _, list := range old.tokens {
		for _, e := range list {
			s := next.byName[e.service.name]
			if s == nil || slices.Contains(s.tokens, e.digest) {
				continue
			}
			if e.until.IsZero() {
				e.until = now.Add(time.Duration(s.config.TokenOverlap) * time.Second)
			}
			if e.service = s; now.Before(e.until) {
				next.tokens.add(e)
			}
		}
	}
}

// revoke ends the keys that are not in force any more.
func (r *registry) revoke(old, next *table) {
	for name, s := range old.byName {
		now := next.byName[name]
		if now == nil || now.entry != s.entry {
			s.entry.revoked.Store(true)
			r.closing.Go(s.entry.cache.Close) // which waits for a retrieval under way
		}
		if now == nil {
			r.onRemoved(name)
		}
	}
}

// logChanges logs how the services in force have changed.
func (r *registry) logChanges(old, next *table) {
	for name, s := range old.byName {
		switch now := next.byName[name]; {
		case now == nil:
			r.log.Info("service removed", "service", name, "file", s.file)
		case now.entry != s.entry:
			r.log.Info("service changed", "service", name, "file", now.file)
		}
	}
	for name, s := range next.byName {
		if old.byName[name] == nil {
			r.log.Info("service added", "service", name, "file", s.file)
		}
	}
}

// close closes all entries, and waits for retrievals under way.
func (r *registry) close() {
	defer r.closing.Wait()
	for _, s := range r.all() {
		s.entry.cache.Close()
	}
}
