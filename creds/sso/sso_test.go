package sso_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sluice/creds"
	"sluice/creds/disk"
	"sluice/creds/sso"
)

// identityCenter is the portal and the OIDC service of IAM Identity Center. Like the service, it accepts each refresh
// token once.
type identityCenter struct {
	t *testing.T

	mu       sync.Mutex // guards what follows
	valid    string     // access token
	refresh  string     // refresh token
	rotated  int
	portaled int
	down     bool
}

func (s *identityCenter) Do(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	status, body := s.answer(r)
	return &http.Response{
		StatusCode:    status,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Request:       r,
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)),
	}, nil
}

func (s *identityCenter) answer(r *http.Request) (int, string) {
	switch {
	case s.down:
		return http.StatusServiceUnavailable, "{}"
	case r.Method == http.MethodGet && r.URL.Host == "portal.sso.eu-west-1.amazonaws.com" &&
		r.URL.Path == "/federation/credentials":
		s.portaled++
		if r.Header.Get("X-Amz-Sso_bearer_token") != s.valid {
			return http.StatusUnauthorized, `{"__type":"UnauthorizedException","message":"Session token not found"}`
		}
		want := url.Values{"role_name": {"logs"}, "account_id": {"123456789012"}}
		if r.URL.Query().Encode() != want.Encode() {
			return http.StatusForbidden, `{"__type":"ForbiddenException","message":"No access"}`
		}
		return http.StatusOK, `{"roleCredentials":{"accessKeyId":"ASIASSO","secretAccessKey":"SECRET",` +
			`"sessionToken":"TOKEN","expiration":4102444800000}}`
	case r.Method == http.MethodPost && r.URL.Host == "oidc.eu-west-1.amazonaws.com" && r.URL.Path == "/token":
		var in map[string]string
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			s.t.Error(err)
		}
		if in["grantType"] != "refresh_token" || in["clientId"] != "client" || in["clientSecret"] != "client secret" ||
			in["refreshToken"] != s.refresh {
			return http.StatusBadRequest, `{"__type":"InvalidGrantException","error":"invalid_grant"}`
		}
		s.rotated++
		s.valid, s.refresh = fmt.Sprintf("access %d", s.rotated), fmt.Sprintf("refresh %d", s.rotated)
		return http.StatusOK, fmt.Sprintf(`{"accessToken":%q,"expiresIn":28800,"refreshToken":%q,"tokenType":"Bearer"}`,
			s.valid, s.refresh)
	}
	s.t.Errorf("%s %s is not a request to this service", r.Method, r.URL)
	return http.StatusNotFound, "{}"
}

// ssoDir writes the token file of session "dev" and returns its folder.
func ssoDir(t *testing.T, expires time.Time, without ...string) string {
	t.Helper()
	fields := map[string]string{
		"accessToken":           "access 0",
		"expiresAt":             expires.UTC().Format(time.RFC3339),
		"refreshToken":          "refresh 0",
		"clientId":              "client",
		"clientSecret":          "client secret",
		"registrationExpiresAt": "2199-01-01T00:00:00Z",
		"startUrl":              "https://kept",
	}
	for _, name := range without {
		delete(fields, name)
	}
	content, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, devToken), content, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// devToken is the file of session "dev": its name is the SHA-1 of the session's.
const devToken = "34c6fceca75e456f25e7e99531e2425c6c1de443.json"

var ssoNow = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func newRole(service *identityCenter, dir string) sso.Role {
	at := creds.Service{Region: "eu-west-1", HTTP: service}
	return sso.Role{
		Portal:    at,
		AccountID: "123456789012",
		RoleName:  "logs",
		Token: sso.Token{OIDC: at,
			Session: "dev",
			Dir:     dir,
			Disk:    disk.OS{},
			Now:     func() time.Time { return ssoNow }},
	}
}

func TestRole(t *testing.T) {
	for _, c := range []struct {
		name    string
		expires time.Duration // of the token
		without string
		change  func(*sso.Role)
		down    bool
		want    string // of the error
		rotated int
	}{
		{"a fresh token", time.Hour, "", nil, false, "", 0},
		{"a token about to expire", 4 * time.Minute, "", nil, false, "", 1},
		{"an expired token", -time.Hour, "", nil, false, "", 1},
		{"about to expire, without a refresh token", 4 * time.Minute, "refreshToken", nil, false, "", 0},
		{"expired, without a refresh token", -time.Hour, "refreshToken", nil, false,
			"run: aws sso login --sso-session dev", 0},
		{"expired, and the service is down", -time.Hour, "", nil, true, "cannot be refreshed", 0},
		{"no token", 0, "", func(s *sso.Role) { s.Token.Session = "other" }, false,
			"run: aws sso login --sso-session other", 0},
		{"a role that the user does not have", time.Hour, "", func(s *sso.Role) { s.RoleName = "admin" }, false,
			"check sso_account_id and sso_role_name", 0},
		{"no role", time.Hour, "", func(s *sso.Role) { s.RoleName = "" }, false, "is for an access token", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			service := &identityCenter{t: t, valid: "access 0", refresh: "refresh 0", down: c.down}
			dir := ssoDir(t, ssoNow.Add(c.expires), c.without)
			s := newRole(service, dir)
			if c.change != nil {
				c.change(&s)
			}
			var got creds.Credentials
			var err error
			synctest.Test(t, func(t *testing.T) { got, err = s.Retrieve(t.Context()) }) // the SDK pauses
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, %v, want %q", got, err, c.want)
			}
			if err == nil && (got.AccessKeyID != "ASIASSO" || got.AccountID != "123456789012" ||
				got.Expires.Year() != 2100 || got.Source != "sso") {
				t.Errorf("%v of account %s", got, got.AccountID)
			}
			if service.rotated != c.rotated {
				t.Errorf("%d refreshes, want %d", service.rotated, c.rotated)
			}
		})
	}
}

// TestRefreshesOnce: several processes, here providers, find the token expired. One refreshes it, and the others use
// what that one has written.
func TestRefreshesOnce(t *testing.T) {
	service := &identityCenter{t: t, valid: "access 0", refresh: "refresh 0"}
	dir := ssoDir(t, ssoNow.Add(-time.Hour))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := newRole(service, dir).Retrieve(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if service.rotated != 1 || service.portaled != 8 {
		t.Errorf("%d refreshes for %d requests, want 1 for 8", service.rotated, service.portaled)
	}
	content, err := os.ReadFile(filepath.Join(dir, devToken))
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]string
	if err := json.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"accessToken":  "access 1",
		"refreshToken": "refresh 1",
		"expiresAt":    "2026-11-22T20:00:00Z",
		"startUrl":     "https://kept",
		"clientId":     "client",
	} {
		if file[name] != want {
			t.Errorf("%s is %q, want %q", name, file[name], want)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 { // the token and its lock
		t.Errorf("%v are left, %v", entries, err)
	}
}

// TestKeepsARefreshTokenOnAReadOnlyDisk: the refresh token is not spent where its successor cannot be stored.
func TestKeepsARefreshTokenOnAReadOnlyDisk(t *testing.T) {
	service := &identityCenter{t: t, valid: "access 0", refresh: "refresh 0"}
	s := newRole(service, ssoDir(t, ssoNow.Add(-time.Hour)))
	s.Token.Disk = readOnly{}
	if _, err := s.Retrieve(t.Context()); err == nil || !strings.Contains(err.Error(), "read-only") ||
		service.rotated != 0 {
		t.Errorf("%v after %d refreshes, want none", err, service.rotated)
	}
}

// readOnly is a disk that cannot be written.
type readOnly struct{ disk.OS }

func (readOnly) Update(_ context.Context, path string, _ func([]byte) ([]byte, error)) error {
	return &os.PathError{Op: "open", Path: path, Err: fmt.Errorf("read-only file system")}
}
