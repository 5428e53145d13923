package sign

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"sluice/creds"
)

// signatureV4A signs with the key that belongs to the credentials: ASN.1 in hexadecimal, another one each time.
func (s *Signer) signatureV4A(canonical *canonicalRequest, c creds.Credentials, at time.Time) (string, error) {
	key, err := s.keys.key(c)
	if err != nil {
		return "", err
	}
	digest := sha256.Sum256([]byte(s.stringToSign(canonical, at)))
	signature, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return hex.EncodeToString(signature), nil
}

func (s *Signer) stringToSign(canonical *canonicalRequest, at time.Time) string {
	return strings.Join([]string{string(s.options.Algorithm), at.Format(timeFormat), s.scope(at),
		Hash([]byte(canonical.String()))}, "\n")
}

// keyCache keeps the key that was used last, since deriving one takes longer than signing with it.
type keyCache struct {
	mu             sync.Mutex
	access, secret string // of key
	derived        *ecdsa.PrivateKey
}

func (k *keyCache) key(c creds.Credentials) (*ecdsa.PrivateKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.derived != nil && k.access == c.AccessKeyID && k.secret == c.SecretAccessKey {
		return k.derived, nil
	}
	derived, err := deriveKey(c)
	if err != nil {
		return nil, err
	}
	k.access, k.secret, k.derived = c.AccessKeyID, c.SecretAccessKey, derived
	return derived, nil
}

// deriveKey derives the P-256 key that belongs to the credentials: NIST SP 800-108 in counter mode makes candidates of
// the secret, and the first below n-1 makes a key, plus one (FIPS 186-4, appendix B.4.2).
func deriveKey(c creds.Credentials) (*ecdsa.PrivateKey, error) {
	for counter := byte(1); counter < 255; counter++ {
		candidate := hmac.New(sha256.New, []byte("AWS4A"+c.SecretAccessKey))
		candidate.Write(binary.BigEndian.AppendUint32(nil, 1)) // the first block of one
		candidate.Write([]byte(string(V4A) + "\x00" + c.AccessKeyID))
		candidate.Write([]byte{counter})
		candidate.Write(binary.BigEndian.AppendUint32(nil, 256)) // bits
		// It is a key if it is neither 0 nor n or more: 32 bytes of 255 become 0.
		if key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), plusOne(candidate.Sum(nil))); err == nil {
			return key, nil
		}
	}
	return nil, errors.New("no SigV4A key can be derived from the secret key")
}

// plusOne adds one to a number of any length, which may overflow to zero.
func plusOne(number []byte) []byte {
	for i := len(number) - 1; i >= 0; i-- {
		number[i]++
		if number[i] != 0 {
			break
		}
	}
	return number
}
