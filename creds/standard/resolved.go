package standard

import (
	"maps"

	"sluice/creds"
)

// resolved is what a plan asks for: a provider, and the caches that it consists of. Once complete it is safe for
// concurrent use. A nil one has nothing.
type resolved struct {
	provider creds.Provider
	key      any // all that the provider depends on; comparable
	caches   map[any]*creds.Cache
	reusable map[any]*creds.Cache // of others, while it is being completed
}

// newResolved returns an empty one that may reuse the caches of others.
func newResolved(others ...*resolved) *resolved {
	r := &resolved{caches: map[any]*creds.Cache{}, reusable: map[any]*creds.Cache{}}
	for _, other := range others {
		maps.Copy(r.reusable, other.ownCaches())
	}
	return r
}

// cache puts a cache around a provider: the reusable one with this key, or a new one.
func (r *resolved) cache(t settings, key any, o creds.CacheOptions) {
	c := r.reusable[key]
	if c == nil {
		c = t.sources.newCache(o)
	}
	r.provider, r.key, r.caches[key] = c, key, c
}

func (r *resolved) ownCaches() map[any]*creds.Cache {
	if r == nil {
		return nil
	}
	return r.caches
}

func (r *resolved) has(key any) bool { return r.ownCaches()[key] != nil }

// isStatic reports whether the files contain the credentials, so that there is nothing to retrieve.
func (r *resolved) isStatic() bool {
	_, ok := r.provider.(creds.Static)
	return ok
}
