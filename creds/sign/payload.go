package sign

import (
	"crypto/sha256"
	"encoding/hex"
)

// Unsigned is the payload of a request whose body is not signed. S3 takes it over HTTPS, and few others do.
const Unsigned = "UNSIGNED-PAYLOAD"

// Hash is the payload of a request with this body: its SHA-256 in hexadecimal.
func Hash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
