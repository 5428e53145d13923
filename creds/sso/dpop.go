package sso

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// dpopClient adds to each request a proof that its sender has the key that the session is bound to (RFC 9449).
type dpopClient struct {
	next aws.HTTPClient
	key  *ecdsa.PrivateKey
	now  func() time.Time
}

func (c dpopClient) Do(r *http.Request) (*http.Response, error) {
	target := *r.URL
	target.RawQuery, target.Fragment = "", ""
	proof, err := dpopProof(c.key, r.Method, target.String(), c.now())
	if err != nil {
		return nil, fmt.Errorf("sign proof of possession: %w", err)
	}
	r.Header.Set("DPoP", proof)
	return c.next.Do(r)
}

// dpopProof returns a JSON Web Token signed with ES256. The halves of its signature are padded to 32 bytes: one in 256
// is shorter.
func dpopProof(key *ecdsa.PrivateKey, method, url string, now time.Time) (string, error) {
	public, err := key.PublicKey.ECDH()
	if err != nil {
		return "", err
	}
	point := public.Bytes() // 4, then X and Y of 32 bytes each
	encode := base64.RawURLEncoding.EncodeToString
	header, err := json.Marshal(map[string]any{
		"typ": "dpop+jwt",
		"alg": "ES256",
		"jwk": map[string]string{
			"kty": "EC",
			"crv": "P-256",
			"x":   encode(point[1:33]),
			"y":   encode(point[33:]),
		},
	})
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{
		"jti": rand.Text(),
		"htm": method,
		"htu": url,
		"iat": now.Unix(),
	})
	if err != nil {
		return "", err
	}
	signed := encode(header) + "." + encode(claims)
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		return "", err
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signed + "." + encode(signature), nil
}

// parseECKey parses the key that the session is bound to.
func parseECKey(text string) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("the dpopKey is not PEM")
	}
	key, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil || key.Curve.Params().Name != "P-256" {
		return nil, errors.New("the dpopKey is not a P-256 private key")
	}
	return key, nil
}
