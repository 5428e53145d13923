package sidecar

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"time"
)

// digest is all that is kept of a token: an HMAC of its SHA-256 under a key that
// this process has drawn. Nobody outside can choose a token by its digest, so
// finding one by a part of it tells nothing of tokens, whatever time it takes.
type digest [sha256.Size]byte

// hasher makes digests.
type hasher struct{ key [32]byte }

func newHasher() *hasher {
	h := &hasher{}
	rand.Read(h.key[:]) // never fails (package crypto/rand)
	return h
}

func (h *hasher) token(text string) digest {
	return h.sum(sha256.Sum256([]byte(text)))
}

func (h *hasher) sum(sha [sha256.Size]byte) (d digest) {
	mac := hmac.New(sha256.New, h.key[:])
	mac.Write(sha[:])
	mac.Sum(d[:0])
	return d
}

// tokensOf returns the digests of a service's tokens.
func (h *hasher) tokensOf(c ServiceConfig) (all []digest) {
	for _, hash := range c.hashes {
		all = append(all, h.sum(hash))
	}
	return all
}

// hashTokens drops the tokens for their hashes.
func (c *ServiceConfig) hashTokens() {
	for _, token := range c.AuthToken {
		c.hashes = append(c.hashes, sha256.Sum256([]byte(token)))
	}
	var sha [sha256.Size]byte
	if n, err := hex.Decode(sha[:], []byte(c.AuthTokenSHA256)); err == nil && n == len(sha) {
		c.hashes = append(c.hashes, sha)
	}
	c.AuthToken, c.AuthTokenSHA256 = nil, ""
}

// bucket is the part of a digest that it is found by.
type bucket [8]byte

func (d digest) bucket() bucket { return bucket(d[:8]) }

// pass is a token that opens a service.
type pass struct {
	digest  digest
	service *service
	until   time.Time // zero: as long as the service; or the end of an old token's overlap
}

// passes are all tokens.
type passes map[bucket][]pass

func (p passes) add(each pass) {
	at := each.digest.bucket()
	p[at] = append(p[at], each)
}

// find returns the service that a token opens. Digests are compared in constant
// time.
func (p passes) find(d digest, now time.Time) *service {
	var found *service
	for _, each := range p[d.bucket()] {
		same := subtle.ConstantTimeCompare(each.digest[:], d[:]) == 1
		if same && (each.until.IsZero() || now.Before(each.until)) {
			found = each.service
		}
	}
	return found
}
