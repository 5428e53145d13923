package standard

import (
	"maps"

	"sluice/creds"
)

// built is what a plan asks for: a provider, and the caches that it consists of.
// All but the making of it is safe for concurrent use; a nil one has nothing.
type built struct {
	provider creds.Provider
	key      any // all that the provider depends on; comparable
	caches   map[any]*creds.Cache
	there    map[any]*creds.Cache // to be used again while it is made
}

// newBuilt begins to make one out of what others have.
func newBuilt(others ...*built) *built {
	b := &built{caches: map[any]*creds.Cache{}, there: map[any]*creds.Cache{}}
	for _, other := range others {
		maps.Copy(b.there, other.owned())
	}
	return b
}

// keep puts a cache around a provider: the one that is there for the key, or a new
// one.
func (b *built) keep(t settings, key any, o creds.CacheOptions) {
	c := b.there[key]
	if c == nil {
		c = t.sources.cache(o)
	}
	b.provider, b.key, b.caches[key] = c, key, c
}

func (b *built) owned() map[any]*creds.Cache {
	if b == nil {
		return nil
	}
	return b.caches
}

func (b *built) has(key any) bool { return b.owned()[key] != nil }

// isStatic reports whether the credentials stand in the files, so that there is
// nothing to ask for.
func (b *built) isStatic() bool {
	_, ok := b.provider.(creds.Static)
	return ok
}
