package sidecar

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sluice/test/testenv"
)

// TestGrant: a role that is granted while the sidecar runs is served when the command has ended, and is not
// when it is revoked.
func TestGrant(t *testing.T) {
	needWorld(t)
	dir := filepath.Join(t.TempDir(), "grants")
	s := serve(t, owner()+"services:\n"+service("always", tokenOf("always"), newRole()), "SLUICE_GRANTS_DIR="+dir,
		"AWS_ACCESS_KEY_ID="+testenv.OwnerKeys().AccessKeyID,
		"AWS_SECRET_ACCESS_KEY="+testenv.OwnerKeys().SecretAccessKey)
	sluice := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(world.program, args...)
		cmd.Env = []string{"HOME=" + s.dir, "SLUICE_GRANTS_DIR=" + dir, "AWS_ENDPOINT_URL_STS=" + world.sts.Endpoint,
			"AWS_ACCESS_KEY_ID=" + testenv.OwnerKeys().AccessKeyID,
			"AWS_SECRET_ACCESS_KEY=" + testenv.OwnerKeys().SecretAccessKey}
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

// TestTokenFile: an unmodified client takes the file of a token that a grant writes, right after it. Debian's
// awscli and boto3 do not know files of tokens.
func TestTokenFile(t *testing.T) {
	needWorld(t)
	dir := t.TempDir()
	env := []string{"HOME=" + dir, "SLUICE_GRANTS_DIR=" + filepath.Join(dir, "grants"),
		"AWS_ENDPOINT_URL_STS=" + world.sts.Endpoint,
		"AWS_ACCESS_KEY_ID=" + testenv.OwnerKeys().AccessKeyID,
		"AWS_SECRET_ACCESS_KEY=" + testenv.OwnerKeys().SecretAccessKey}
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
