package creds

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// tokenExpiry returns what a JSON Web Token says of its end (RFC 7519, claim
// exp), if it is one and says so. Nothing is verified: it serves explanations
// only.
func tokenExpiry(token string) (expires time.Time, known bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return time.Time{}, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return time.Time{}, false
	}
	var claims struct {
		Exp float64 `json:"exp"` // seconds of Unix time
	}
	// Four digits are what a year may have in JSON and RFC 3339.
	const lastSecond = 253402300799
	if json.Unmarshal(payload, &claims) != nil || claims.Exp < 1 || claims.Exp > lastSecond {
		return time.Time{}, false
	}
	return time.Unix(int64(claims.Exp), 0), true
}
