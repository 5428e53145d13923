package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
)

// newToken draws a token, and hashes it as the sidecar does: SHA-256 in
// hexadecimal.
func newToken() (token, hash string) {
	token = rand.Text() + rand.Text() // 256 bits
	sum := sha256.Sum256([]byte(token))
	return token, hex.EncodeToString(sum[:])
}

// writeToken writes a token into a new file that only its owner can read, without
// a newline at its end: AWS's SDKs send the file as it is, or refuse to.
func writeToken(path, token string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(token)
	return errors.Join(err, f.Sync(), f.Close())
}
