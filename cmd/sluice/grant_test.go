package main

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGrantMistakes: what is wrong is named by its flag, all at once, and nothing is
// asked or kept.
func TestGrantMistakes(t *testing.T) {
	const app = "arn:aws:iam::123456789012:role/app"
	dir := t.TempDir()
	env := vars{"SLUICE_GRANTS_DIR": "DIR/grants"}
	grant := func(name, role string, args []string, patterns ...string) example {
		args = append([]string{"grant", "aws", "--role", role}, args...)
		return example{name: name, env: env, args: args, code: 2, stdout: nothing, stderr: patterns}
	}
	checkAll(t, dir, []example{
		{
			name: "no role", env: env, args: []string{"grant", "aws"}, code: 2,
			stderr: []string{`required flag\(s\) "role" not set`},
		},
		grant("a user and an external ID", "arn:aws:iam::123456789012:user/app", []string{"--external-id", "a b"},
			`--role "arn:aws:iam::123456789012:user/app" does not have the expected form: `+
				`write arn:aws:iam::ACCOUNT:role/NAME`,
			`--external-id +does not have the expected form`, `!a b`),
		grant("a region", "arn:aws-cn:iam::123456789012:role/app", []string{"--region", "eu-west-1"},
			`--role .* is in partition aws-cn, but region eu-west-1 is not`),
		grant("a name", app, []string{"--name", "a b"},
			`--name "a b" is not a known setting: write a name of letters, digits, _ and -`),
		grant("a short session", app, []string{"--session-duration", "14m"},
			`--session-duration 14m0s: write whole seconds from 15m to 12h`),
		grant("a long session", app, []string{"--session-duration", "13h"}, `--session-duration 13h0m0s`),
		grant("the past", app, []string{"--valid-for", "-1h"},
			`--valid-for -1h0m0s is in the past: write a positive duration`),
	})
	if _, err := os.Stat(filepath.Join(dir, "grants")); err == nil {
		t.Error("a folder of grants was made")
	}
}

// TestGrant: a role that can be assumed becomes a file that the sidecar accepts, until
// it is revoked.
func TestGrant(t *testing.T) {
	const role = "arn:aws:iam::123456789012:role/path/app"
	dir := t.TempDir()
	env := startSTS(t).and(vars{"SLUICE_GRANTS_DIR": "DIR/grants"})
	aws := func(args ...string) []string { return append([]string{"grant", "aws", "--role"}, args...) }
	checkAll(t, dir, []example{
		{name: "nothing yet", env: env, args: []string{"grant", "list"}, stdout: []string{`\ASERVICE .*\n\z`}},
		{
			name: "a role that cannot be assumed",
			env:  env.and(vars{"AWS_ACCESS_KEY_ID": "AKIAI44QH8DHBEXAMPLE"}),
			args: aws(role), code: 1, stdout: nothing,
			stderr: []string{`nothing is granted: assume role ` + role + ` .*InvalidClientTokenId`},
		},
		{
			name: "no sidecar", env: env, stdout: []string{`\ASLUICE_CREDENTIAL_TOKEN=[A-Z2-7]{52}\n\z`},
			args: aws(role, "--region", "eu-west-1", "--session-duration", "1h",
				"--sidecar", "http://127.0.0.1:1/_aws/credentials"),
			stderr: []string{
				`^granted ` + role + ` to the service app \(DIR/grants/app.yaml\)$`,
				`^no sidecar answers at http://127.0.0.1:1/_aws/credentials: ` +
					`the grant takes effect when "sluice serve" runs`,
			},
		},
		{
			name: "a name that is taken", env: env, code: 1, stdout: nothing,
			args:   aws("arn:aws:iam::123456789012:role/other/app", "--wait", "0"),
			stderr: []string{`service app is already granted \(DIR/grants/app.yaml\): revoke it first`},
		},
		{
			name: "a token file", env: env.and(vars{"AWS_PROFILE": ""}), stdout: nothing,
			args: aws("arn:aws:iam::123456789012:role/app", "--name", "second", "--token-file", "DIR/token",
				"--valid-for", "720h", "--wait", "0"),
			stderr: []string{`^its token is in DIR/token$`},
		},
		{
			name: "a token file that exists", env: env, code: 1, stderr: []string{`DIR/token: file exists`},
			args: aws("arn:aws:iam::123456789012:role/third", "--token-file", "DIR/token", "--wait", "0"),
		},
		{
			name: "list", env: env, args: []string{"grant", "list"},
			stdout: []string{
				`^SERVICE +ROLE +REGION +PROFILE +SESSION +EXPIRES$`,
				`^app +` + role + ` +eu-west-1 +- +1h0m0s +never$`,
				`^second +arn:aws:iam::123456789012:role/app +- +- +15m0s +20`, `!third`,
			},
		},
		{
			name: "list --json", env: env, args: []string{"grant", "list", "--json"},
			stdout: []string{`^{"service":"app","role":"` + role + `","region":"eu-west-1","profile":"",` +
				`"session_duration":"1h0m0s","granted":"20[^"]+","expires":""}$`},
		},
		{name: "the sidecar accepts it",
			args: []string{"serve", "--validate-only", "--config", "DIR/grants/second.yaml"}},
		{name: "revoke", env: env, args: []string{"grant", "revoke", "app"}, stderr: []string{`^revoked app$`}},
		{name: "revoke again", env: env, args: []string{"grant", "revoke", "app"}, code: 1,
			stderr: []string{`there is no grant app in DIR/grants`}},
		{name: "revoke a path", env: env, args: []string{"grant", "revoke", "../token"}, code: 1,
			stderr: []string{`"../token" is not a valid service name`}},
		{name: "no place", env: vars{"HOME": ""}, args: []string{"grant", "revoke", "x"}, code: 1},
		{
			name: "no place for one", code: 1,
			env:    env.and(vars{"SLUICE_GRANTS_DIR": "", "HOME": ""}),
			args:   aws(role, "--wait", "0"),
			stderr: []string{`there is no folder for grants: set --grants, SLUICE_GRANTS_.* or HOME`},
		},
	})
	for name, want := range map[string]os.FileMode{"token": 0o600, "grants/second.yaml": 0o600, "grants": 0o700} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: mode %v, %v, want %v", name, info.Mode(), err, want)
		}
	}
	token, err := os.ReadFile(filepath.Join(dir, "token"))
	if err != nil || len(token) != 52 {
		t.Errorf("the token has %d characters, %v, want 52 and no newline", len(token), err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "grants/second.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	hash := fmt.Sprintf("auth_token_sha256: %x\n", sha256.Sum256(token))
	if got := string(text); !strings.Contains(got, hash) || strings.Contains(got, exampleSecret) {
		t.Errorf("the grant is\n%s\nwant the token's hash and no secret", got)
	}
}

// TestGrantList: grants that have expired are marked, and broken ones are named.
func TestGrantList(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"over/old.yaml": "services: {old: {expires: '2020-01-01T00:00:00Z', " +
			"source_credentials: {iam_profile: {profile_name: p}}}}",
		"over/.tmp":     "services: [",
		"broken/a.yaml": "services: [",
	})
	checkAll(t, dir, []example{
		{
			name: "over", args: []string{"grant", "list", "--grants", "DIR/over"},
			stdout: []string{`^old +- +p +0s +2020-01-01T00:00:00Z \(expired\)$`},
		},
		{
			name: "broken", args: []string{"grant", "list", "--grants", "DIR/broken"}, code: 1,
			stderr: []string{`DIR/broken/a.yaml is not a grant: yaml`},
		},
	})
}

// TestAskSidecar: which answers accept a token.
func TestAskSidecar(t *testing.T) {
	status := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer token" {
			t.Errorf("Authorization is %q", r.Header.Get("Authorization"))
		}
		w.WriteHeader(status)
	}))
	defer s.Close()
	for _, tt := range []struct {
		status   int
		accepted bool
		fails    bool
	}{
		{200, true, false}, {403, true, false}, {503, true, false}, // there is a grant, though perhaps no key
		{401, false, false}, {429, false, false},
		{404, false, true}, {302, false, true},
	} {
		status = tt.status
		accepted, err := askSidecar(t.Context(), s.URL, "token")
		if accepted != tt.accepted || (err != nil) != tt.fails {
			t.Errorf("%d: %t, %v, want %t, an error: %t", tt.status, accepted, err, tt.accepted, tt.fails)
		}
	}
}
