package ec2_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sluice/creds"
	"sluice/creds/ec2"
	"sluice/imds"
)

// metadata serves documents by path to callers with a session token.
func metadata(t *testing.T, docs map[string]string) *imds.Client {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		doc, ok := docs[r.URL.Path]
		switch {
		case r.Method == http.MethodPut:
			fmt.Fprint(w, "token")
		case r.Header.Get("X-Aws-Ec2-Metadata-Token") != "token":
			w.WriteHeader(http.StatusUnauthorized)
		case !ok:
			w.WriteHeader(http.StatusNotFound)
		default:
			fmt.Fprint(w, doc)
		}
	}))
	t.Cleanup(server.Close)
	return imds.New(imds.Options{
		Endpoint: server.URL,
		Pause:    func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
}

func TestRetrieve(t *testing.T) {
	const (
		extended = "/latest/meta-data/iam/security-credentials-extended/"
		legacy   = "/latest/meta-data/iam/security-credentials/"
		good     = `{"Code":"Success","AccessKeyId":"AKIA","SecretAccessKey":"SECRET","Token":"TOKEN",` +
			`"Expiration":"2999-01-01T00:00:00Z","AccountId":"123456789012"}`
	)
	for _, c := range []struct {
		name string
		docs map[string]string
		want string // of the error
		none bool
	}{
		{"extended",
			map[string]string{
				legacy:            "role\n",
				legacy + "role":   strings.Replace(good, `"123456789012"`, `""`, 1),
				extended + "role": good,
			},
			"", false},
		{"extended alone", map[string]string{extended: "role", extended + "role": good}, "has no role", true},
		{"legacy", map[string]string{legacy: " role \nother", legacy + "role": good}, "", false},
		{"no role", map[string]string{}, "has no role", true},
		{"empty list", map[string]string{legacy: "\n"}, "has no role", true},
		{"refused",
			map[string]string{
				legacy:          "role",
				legacy + "role": `{"Code":"AssumeRoleUnauthorizedAccess","Message":"SECRET"}`,
			},
			`code "AssumeRoleUnauthorizedAccess"`, false},
		{"not JSON", map[string]string{legacy: "role", legacy + "role": `<SECRET>`},
			"answer of 8 bytes is not the expected JSON", false},
		{"blank",
			map[string]string{
				legacy:          "role",
				legacy + "role": `{"Code":"Success","Expiration":"2999-01-01T00:00:00Z"}`,
			},
			"is empty", false},
		{"expired", map[string]string{legacy: "role", legacy + "role": strings.Replace(good, "2999", "1999", 1)},
			"expired at 1999-01-01T00:00:00Z", false},
		{"no expiry",
			map[string]string{legacy: "role", legacy + "role": strings.Replace(good, "2999-01-01T00:00:00Z", "", 1)},
			"has no Expiration", false},
	} {
		got, err := (&ec2.Provider{Client: metadata(t, c.docs)}).Retrieve(t.Context())
		if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) ||
			errors.Is(err, creds.ErrNotConfigured) != c.none {
			t.Errorf("%s: %v, %v, want %q", c.name, got, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: a secret is in %v", c.name, err)
		}
		if err == nil &&
			(got.AccessKeyID != "AKIA" || got.SessionToken != "TOKEN" ||
				got.AccountID != "123456789012" || got.Source != "ec2") {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

// TestLearnsTheTime: on a machine that is seven hours ahead, keys that live six hours look expired, except by the
// metadata service's own time.
func TestLearnsTheTime(t *testing.T) {
	const base = "/latest/meta-data/iam/security-credentials/"
	client := metadata(t, map[string]string{base: "role", base + "role": fmt.Sprintf(
		`{"Code":"Success","AccessKeyId":"ASIA","SecretAccessKey":"s","Token":"t","Expiration":%q}`,
		time.Now().Add(6*time.Hour).UTC().Format(time.RFC3339),
	)})
	clock := creds.NewClock(func() time.Time { return time.Now().Add(7 * time.Hour) }, nil)
	p := &ec2.Provider{Client: client, Now: clock.Now}
	if _, err := p.Retrieve(t.Context()); err == nil || !strings.Contains(err.Error(), "clock is 7h0m") {
		t.Errorf("without learning: %v, want one that blames the clock", err)
	}
	p.Learn = clock.Learn
	cache := creds.NewCache(creds.CacheOptions{Provider: p, Now: clock.Now})
	defer cache.Close()
	if got, err := cache.Retrieve(t.Context()); err != nil || got.AccessKeyID != "ASIA" {
		t.Errorf("with learning: %v, %v", got, err)
	}
	if off := clock.Offset().Round(time.Minute); off != -7*time.Hour {
		t.Errorf("learned %v, want -7h", off)
	}
}
