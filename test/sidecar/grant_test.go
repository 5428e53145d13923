package sidecar

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sluice/test/testenv"
)

// ownerEnv is an environment with the source of all keys, STS and a folder of grants.
func ownerEnv(home, grants string) []string {
	keys := testenv.OwnerKeys()
	return []string{
		"HOME=" + home,
		"SLUICE_GRANTS_DIR=" + grants,
		"AWS_ENDPOINT_URL_STS=" + world.sts.Endpoint,
		"AWS_ACCESS_KEY_ID=" + keys.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY=" + keys.SecretAccessKey,
	}
}

// TestGrant: a role that is granted while the sidecar runs is served as soon as the command has returned, until
// it is revoked.
func TestGrant(t *testing.T) {
	needWorld(t)
	dir := filepath.Join(t.TempDir(), "grants")
	env := ownerEnv(t.TempDir(), dir)
	s := serve(t, owner()+"services:\n"+service("always", tokenOf("always"), newRole()), env...)
	sluice := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(world.program, args...)
		cmd.Env = env
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("sluice %s: %v", strings.Join(args, " "), err)
		}
		return string(out)
	}
	role := newRole()
	_, token, _ := strings.Cut(strings.TrimSpace(sluice("grant", "aws", "--role", role, "--name", "granted")), "=")
	status := func() int {
		code, _ := get(t, "http://127.0.0.1:1338/_aws/credentials", "Authorization: Bearer "+token)
		return code
	}
	if code := status(); code != 200 {
		t.Errorf("right after the grant: %d, want 200", code)
	}
	if !askedFor(role) {
		t.Errorf("STS was not asked for %s", role)
	}
	sluice("grant", "revoke", "granted")
	wait(t, s, func() bool { return status() == 401 })
	if strings.Contains(s.Log(), token) {
		t.Error("the log has the token")
	}
}

// TestTokenFile: an unmodified client uses the token file that a grant has just written. Debian's awscli and boto3
// do not know token files.
func TestTokenFile(t *testing.T) {
	needWorld(t)
	dir := t.TempDir()
	env := ownerEnv(dir, filepath.Join(dir, "grants"))
	serve(t, owner()+"services:\n"+service("always", tokenOf("always"), newRole()), env...)
	token := filepath.Join(dir, "token")
	cmd := exec.Command(world.program, "grant", "aws", "--role", newRole(), "--token-file", token)
	cmd.Env = env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("grant: %v: %s", err, out)
	}
	put := goSDK(t, t, map[string]string{
		"AWS_CONTAINER_CREDENTIALS_FULL_URI":     "http://localhost:1338/v1/credentials",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": token,
	}, false)
	if err := put("token-file"); err != nil {
		t.Error(err)
	}
}
