package credentials

import (
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/versity/versitygw/auth"

	"sluice/test/testenv"
)

const (
	// life is how long S3 accepts a short key, by the real clock.
	life = 4 * time.Second
	// longLife leaves a busy machine time to use a key that was just checked.
	longLife = 20 * time.Second
	// renewal is the age of a key at which callers get another.
	renewal = time.Second
)

// issuer issues keys for one role and follows their use.
type issuer struct {
	name    string        // prefix of the IDs of this issuer's keys alone
	promise time.Duration // how long a key is said to be valid
	accept  time.Duration // how long it is

	mu      sync.Mutex // guards what follows
	minted  map[string]minted
	newest  minted
	used    map[string]bool
	oldest  time.Duration // age of a key that was used
	refused int           // requests with an expired key
	crowd   *crowd        // of requests that are refused together; nil refuses each by itself
}

// minted is a key and when it was issued.
type minted struct {
	testenv.Keys
	born time.Time
}

// document returns the newest key if it is young, or else a new one, as a metadata service would.
func (i *issuer) document() document {
	i.mu.Lock()
	defer i.mu.Unlock()
	if now := time.Now(); now.Sub(i.newest.born) > renewal {
		id := fmt.Sprintf("%s%08d", i.name, len(i.minted)+1)
		i.newest = minted{testenv.Keys{AccessKeyID: id, SecretAccessKey: rand.Text(), SessionToken: rand.Text()}, now}
		i.minted[id] = i.newest
	}
	return newDocument(i.newest.Keys, i.newest.born.Add(i.promise))
}

// admit returns a valid key and records its use.
func (i *issuer) admit(id string) (testenv.Keys, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	m, known := i.minted[id]
	if !known {
		return testenv.Keys{}, false
	}
	age := time.Since(m.born)
	if age >= i.accept {
		i.refused++
		return testenv.Keys{}, false
	}
	i.used[id], i.oldest = true, max(i.oldest, age)
	return m.Keys, true
}

// revoke revokes the newest key. It holds requests with that key until there are enough, and refuses them together.
func (i *issuer) revoke(together int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.newest.born = time.Time{}
	i.minted[i.newest.AccessKeyID] = i.newest
	i.crowd = &crowd{missing: together, full: make(chan struct{})}
}

func (i *issuer) waiting() *crowd {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.crowd
}

// figures returns how many keys were used, and how many requests had an expired one.
func (i *issuer) figures() (used, refused int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.used), i.refused
}

// directory is the S3 server's view of all issuers' valid keys. The server knows its owner's key itself.
type directory struct {
	auth.IAMService

	mu      sync.Mutex // guards what follows
	issuers []*issuer
}

func newDirectory() *directory {
	owner := auth.Account{
		Access: testenv.OwnerKeys().AccessKeyID,
		Secret: testenv.OwnerKeys().SecretAccessKey,
		Role:   auth.RoleAdmin,
	}
	return &directory{IAMService: auth.NewIAMServiceSingle(owner)}
}

// newIssuer returns an issuer whose keys the server knows and accepts for some time.
func (d *directory) newIssuer(promise, accept time.Duration) *issuer {
	d.mu.Lock()
	defer d.mu.Unlock()
	name := fmt.Sprintf("ASIA%04d", len(d.issuers))
	i := &issuer{
		name:    name,
		promise: promise,
		accept:  accept,
		minted:  map[string]minted{},
		used:    map[string]bool{},
	}
	d.issuers = append(d.issuers, i)
	return i
}

// refuse returns when the refusal should be sent.
func (d *directory) refuse(id string) {
	d.mu.Lock()
	issuers := d.issuers
	d.mu.Unlock()
	for _, i := range issuers {
		if c := i.waiting(); c != nil && strings.HasPrefix(id, i.name) {
			c.join()
		}
	}
}

func (d *directory) admit(id string) (testenv.Keys, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, i := range d.issuers {
		if keys, ok := i.admit(id); ok {
			return keys, true
		}
	}
	return testenv.Keys{}, false
}

// DeriveSigningKey makes directory an auth.SigningKeyProvider, the interface for session tokens. An expired key is an
// unknown one, for which S3 answers InvalidAccessKeyId.
func (d *directory) DeriveSigningKey(access, token, date, region, service string) ([]byte, auth.Account, error) {
	keys, ok := d.admit(access)
	if !ok {
		d.refuse(access)
		return nil, auth.Account{}, auth.ErrNoSuchUser
	}
	if token != keys.SessionToken {
		return nil, auth.Account{}, auth.ErrInvalidSessionToken
	}
	signing := testenv.SigningKey(keys.SecretAccessKey, date, region, service)
	return signing, auth.Account{Access: access, Role: auth.RoleAdmin, SessionToken: token, IsSession: true}, nil
}
