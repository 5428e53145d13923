package sts

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// tokenExpiry returns when a JSON Web Token expires (RFC 7519, claim exp), if it is one and says so. It verifies
// nothing: use it for explanations only.
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
	// JSON and RFC 3339 allow a year four digits.
	const lastSecond = 253402300799
	if json.Unmarshal(payload, &claims) != nil || claims.Exp < 1 || claims.Exp > lastSecond {
		return time.Time{}, false
	}
	return time.Unix(int64(claims.Exp), 0), true
}
