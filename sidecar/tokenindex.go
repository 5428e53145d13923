package sidecar

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"time"

	"sluice/sidecar/config"
)

// digest is what is kept of a token: an HMAC of its SHA-256 under a key that this
// process has drawn. Nobody outside can choose a token by its digest, so that
// finding a digest by its prefix reveals nothing of tokens, however long it takes.
type digest [sha256.Size]byte

// hasher makes digests.
type hasher struct{ key [32]byte }

func newHasher() *hasher {
	h := &hasher{}
	rand.Read(h.key[:]) // never fails (package crypto/rand)
	return h
}

func (h *hasher) digest(text string) digest {
	return h.digestOf(sha256.Sum256([]byte(text)))
}

func (h *hasher) digestOf(sha [sha256.Size]byte) (d digest) {
	mac := hmac.New(sha256.New, h.key[:])
	mac.Write(sha[:])
	mac.Sum(d[:0])
	return d
}

// tokens returns the digests of a service's tokens.
func (h *hasher) tokens(c config.Service) (all []digest) {
	for _, hash := range c.TokenHashes {
		all = append(all, h.digestOf(hash))
	}
	return all
}

// hashPrefix is the part of a digest by which it is found.
type hashPrefix [8]byte

func (d digest) prefix() hashPrefix { return hashPrefix(d[:8]) }

// tokenEntry is a token that opens a service.
type tokenEntry struct {
	digest  digest
	service *service
	until   time.Time // end of an old token's overlap; zero for a token in force
}

// tokenIndex has all tokens.
type tokenIndex map[hashPrefix][]tokenEntry

func (t tokenIndex) add(e tokenEntry) {
	at := e.digest.prefix()
	t[at] = append(t[at], e)
}

// find returns the service that a token opens, nil if there is none. Digests are
// compared in constant time.
func (t tokenIndex) find(d digest, now time.Time) *service {
	var found *service
	for _, e := range t[d.prefix()] {
		same := subtle.ConstantTimeCompare(e.digest[:], d[:]) == 1
		if same && (e.until.IsZero() || now.Before(e.until)) {
			found = e.service
		}
	}
	return found
}
