package signtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
)

// verifyV4A checks a SigV4A signature with the public key that belongs to a secret key.
func verifyV4A(k Key, text, signature string) error {
	der, err := hex.DecodeString(signature)
	if err != nil {
		return fmt.Errorf("the signature: %w", err)
	}
	public, err := publicKey(k)
	if err != nil {
		return err
	}
	digest := sha256.Sum256([]byte(text))
	if !ecdsa.VerifyASN1(public, digest[:], der) {
		return errors.New("the SigV4A signature does not hold")
	}
	return nil
}

// publicKey derives the private key (NIST SP 800-108 in counter mode, FIPS 186-4 B.4.2), and returns its public half.
func publicKey(k Key) (*ecdsa.PublicKey, error) {
	limit := new(big.Int).Sub(elliptic.P256().Params().N, big.NewInt(2))
	for counter := 1; counter < 255; counter++ {
		h := hmac.New(sha256.New, []byte("AWS4A"+k.SecretAccessKey))
		for _, part := range []any{
			uint32(1), []byte(v4a), byte(0), []byte(k.AccessKeyID), byte(counter), uint32(256),
		} {
			if err := binary.Write(h, binary.BigEndian, part); err != nil {
				return nil, err
			}
		}
		c := new(big.Int).SetBytes(h.Sum(nil))
		if c.Cmp(limit) > 0 {
			continue
		}
		private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), c.Add(c, big.NewInt(1)).FillBytes(make([]byte, 32)))
		if err != nil {
			return nil, err
		}
		return &private.PublicKey, nil
	}
	return nil, errors.New("no key can be derived")
}
