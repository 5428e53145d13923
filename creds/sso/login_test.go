package sso_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/creds"
	"sluice/creds/disk"
	"sluice/creds/internal/vectors"
	"sluice/creds/sso"
)

// loginVector is a published scenario for "aws login".
type loginVector struct {
	Documentation  string
	ConfigContents string
	CacheContents  map[string]json.RawMessage
	MockAPICalls   []struct {
		Request struct {
			TokenInput map[string]string
		}
		Response     struct{ TokenOutput json.RawMessage }
		ResponseCode int
	}
	Outcomes []map[string]json.RawMessage
}

// signIn is the sign-in service of a scenario.
type signIn struct {
	t      *testing.T
	vector loginVector
	now    time.Time
	calls  int
}

func (s *signIn) Do(r *http.Request) (*http.Response, error) {
	s.calls++
	call := s.vector.MockAPICalls[s.calls-1]
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var sent map[string]string
	if err := json.Unmarshal(body, &sent); err != nil {
		s.t.Errorf("the request is not JSON: %v", err)
	}
	for name, want := range call.Request.TokenInput {
		if sent[name] != want {
			s.t.Errorf("%s is %q, want %q", name, sent[name], want)
		}
	}
	if r.Method != http.MethodPost || r.URL.String() != "https://us-east-1.signin.aws.amazon.com/v1/token" {
		s.t.Errorf("%s %s is not the token endpoint", r.Method, r.URL)
	}
	checkProof(s.t, r.Header.Get("DPoP"), r.URL.String(), s.now)
	status, answer := http.StatusOK, string(call.Response.TokenOutput)
	if call.ResponseCode != 0 {
		status, answer = call.ResponseCode, `{"error":"TOKEN_EXPIRED","message":"no"}`
	}
	return &http.Response{
		StatusCode:    status,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Request:       r,
		Body:          io.NopCloser(strings.NewReader(answer)),
		ContentLength: int64(len(answer)),
	}, nil
}

// checkProof verifies a proof of possession with the key that it contains.
func checkProof(t *testing.T, proof, url string, now time.Time) {
	t.Helper()
	parts := strings.Split(proof, ".")
	if len(parts) != 3 {
		t.Fatalf("DPoP %q is not a JSON Web Token", proof)
	}
	var decoded [3][]byte
	for i := range parts {
		var err error
		if decoded[i], err = base64.RawURLEncoding.DecodeString(parts[i]); err != nil {
			t.Fatal(err)
		}
	}
	var header struct {
		Typ, Alg string
		JWK      struct{ Kty, Crv, X, Y string }
	}
	var claims struct {
		JTI, HTM, HTU string
		IAT           int64
	}
	if err := json.Unmarshal(decoded[0], &header); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(decoded[1], &claims); err != nil {
		t.Fatal(err)
	}
	if header.Typ != "dpop+jwt" || header.Alg != "ES256" || header.JWK.Kty != "EC" || header.JWK.Crv != "P-256" {
		t.Errorf("DPoP header %+v", header)
	}
	if claims.JTI == "" || claims.HTM != http.MethodPost || claims.HTU != url || claims.IAT != now.Unix() {
		t.Errorf("DPoP claims %+v", claims)
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	point := slices.Concat([]byte{4}, coordinate(t, header.JWK.X), coordinate(t, header.JWK.Y))
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		t.Fatal(err)
	}
	if len(decoded[2]) != 64 ||
		!ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(decoded[2][:32]), new(big.Int).SetBytes(decoded[2][32:])) {
		t.Error("the DPoP signature is wrong")
	}
}

func coordinate(t *testing.T, text string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != 32 {
		t.Fatalf("coordinate of %d bytes, want 32: %v", len(b), err)
	}
	return b
}

func TestLoginVectors(t *testing.T) {
	var cases []loginVector
	vectors.Decode(t, "smithy-rs/aws-config/test-data/login-provider-test-cases.json", &cases)
	vectors.Count(t, len(cases), 8)
	now := time.Date(2025, 11, 19, 0, 0, 0, 0, time.UTC)
	for _, v := range cases {
		t.Run(v.Documentation, func(t *testing.T) { v.run(t, now) })
	}
}

func (v loginVector) run(t *testing.T, now time.Time) {
	dir := t.TempDir()
	for name, content := range v.CacheContents {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, session, _ := strings.Cut(v.ConfigContents, "login_session = ")
	service := &signIn{t: t, vector: v, now: now}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	got, err := sso.Login{
		SignIn:  creds.Service{Region: "us-east-1", HTTP: service},
		Session: strings.TrimSpace(session),
		Dir:     dir,
		Disk:    disk.OS{},
		Now:     func() time.Time { return now },
	}.Retrieve(ctx)
	if service.calls != len(v.MockAPICalls) {
		t.Errorf("%d requests, want %d", service.calls, len(v.MockAPICalls))
	}
	for _, outcome := range v.Outcomes {
		switch text(outcome["result"]) {
		case "error":
			if err == nil || !strings.Contains(err.Error(), "aws login") {
				t.Errorf("%v, %v, want an error with a remedy", got, err)
			}
		case "credentials":
			shown := fmt.Sprintln(got.AccessKeyID, got.SecretAccessKey, got.SessionToken, got.AccountID,
				got.Expires.UTC().Format(time.RFC3339))
			want := fmt.Sprintln(text(outcome["accessKeyId"]), text(outcome["secretAccessKey"]),
				text(outcome["sessionToken"]), text(outcome["accountId"]), text(outcome["expiresAt"]))
			if err != nil || shown != want {
				t.Errorf("%s, %v, want %s", shown, err, want)
			}
		case "cacheContents":
			sameFiles(t, dir, outcome)
		}
	}
}

func text(raw json.RawMessage) (s string) {
	json.Unmarshal(raw, &s)
	return s
}

// sameFiles compares the cache with what the scenario expects.
func sameFiles(t *testing.T, dir string, want map[string]json.RawMessage) {
	t.Helper()
	for name, content := range want {
		if !strings.HasSuffix(name, ".json") {
			continue
		}
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if canonicalJSON(t, got) != canonicalJSON(t, content) {
			t.Errorf("%s holds %s, want %s", name, got, content)
		}
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", name, info.Mode(), err)
		}
	}
}

func canonicalJSON(t *testing.T, b []byte) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
