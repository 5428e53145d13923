package sts

import "testing"

// FuzzTokenExpiry: the claims of a token are not ours; whatever time they name must be one that can be written.
func FuzzTokenExpiry(f *testing.F) {
	for _, seed := range []string{
		"e30.eyJleHAiOjE1MDAwMDAwMDB9.e30",
		"e30.eyJleHAiOjFlMzAwfQ.e30",
		"e30.eyJleHAiOi0xfQ==.e30",
		"e30.eyJleHAiOiJ4In0.e30",
		"..", "a.b.c", "opaque", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		expires, known := tokenExpiry(token)
		if known != !expires.IsZero() {
			t.Errorf("%q: %v, %v", token, expires, known)
		}
		if _, err := expires.UTC().MarshalText(); err != nil {
			t.Errorf("%q expires at %v: %v", token, expires, err)
		}
	})
}
