package creds_test

import (
	"fmt"
	"strings"
	"testing"

	"sluice/creds"
)

func TestFormatShowsNoSecret(t *testing.T) {
	static := creds.Static{Credentials: creds.Credentials{
		AccessKeyID:     "AKIA",
		SecretAccessKey: "SECRET",
		SessionToken:    "SECRET",
	}}
	for _, p := range []any{
		static,
		&static,
		creds.NewChain(static),
		creds.NewCache(creds.CacheOptions{Provider: static}),
		[]creds.Provider{static, creds.NewChain(static)},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if text := fmt.Sprintf(verb, p); strings.Contains(text, "SECRET") ||
				strings.Contains(text, fmt.Sprintf("%x", "SECRET")) {
				t.Errorf("%T prints %s with %s", p, text, verb)
			}
		}
	}
}
