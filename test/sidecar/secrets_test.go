package sidecar

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sluice/test/testenv"
)

// TestSecrets: with secrets wherever there can be one, all kinds of requests and files are tried. The secrets are
// seen only in the documents of credentials.
func TestSecrets(t *testing.T) {
	needWorld(t)
	dir := t.TempDir()
	secretKey := filepath.Join(dir, "secret-key")
	write(t, secretKey, testenv.OwnerKeys().SecretAccessKey)
	token := filepath.Join(dir, "token")
	write(t, token, tokenOf("one"))
	s := serve(t, `
aws_defaults:
  region: us-east-1
  iam_keys:
    aws_access_key_id: `+testenv.OwnerKeys().AccessKeyID+`
    aws_secret_access_key: "${fromEnv:SECRET_KEY}"
`+watching("DIR/services")+`
services:
  one:
    auth_token: "${fromFile:`+token+`}"
    assumed_role: {RoleArn: "`+newRole()+`", ExternalId: "`+planted+`:external"}
  wrong-key:
    auth_token: "`+tokenOf("wrong-key")+`"
    source_credentials:
      iam_keys:
        aws_access_key_id: AKIAI44QH8DHBEXAMPLE
        aws_secret_access_key: "`+planted+`"
        session_token: "`+planted+`"
    assumed_role: {RoleArn: "`+newRole()+`"}
`, "SECRET_KEY__FILE="+secretKey)
	const at = "http://127.0.0.1:1338"
	status, body := get(t, at+"/v1/credentials", "Authorization: "+tokenOf("one"))
	if status != 200 || !strings.Contains(body, "SecretAccessKey") {
		t.Fatalf("the key: %d", status)
	}
	seen := map[string]string{}
	ask := func(name, url string, want int, headers ...string) {
		t.Helper()
		status, body := get(t, url, headers...)
		if status != want {
			t.Errorf("%s: %d, want %d", name, status, want)
		}
		seen[name] = body
	}
	ask("a key that STS refuses", at+"/v1/credentials", 503, "Authorization: "+tokenOf("wrong-key"))
	ask("half a token", at+"/v1/credentials", 401, "Authorization: "+tokenOf("one")[:20])
	ask("a token in the path", at+"/role/"+tokenOf("one"), 401, "Authorization: x")
	ask("a token in the query", at+"/v1/credentials?token="+tokenOf("one"), 401)
	ask("a token as Bearer", at+"/v1/credentials", 401, "Authorization: Bearer "+tokenOf("one"))
	ask("a token in the Host", at+"/v1/credentials", 401, "Authorization: "+planted)
	ask("health", at+"/health", 200)
	out, err := exec.Command(world.program, "serve", "--health").CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"status":"healthy","services":2,"able":1`) {
		t.Errorf("serve --health: %v, %s", err, out)
	}
	ask("metrics", "http://127.0.0.1:9090/metrics", 200)

	services := filepath.Join(s.dir, "services")
	if err := os.Mkdir(services, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(services, "a.yaml"),
		"services: {a: {auth_token: {"+planted+": 1}, assumed_role: {RoleArn: x, ExternalId: '"+planted+" '}}}")
	write(t, filepath.Join(services, "b.yaml"), "auth_token: '"+planted+"\n")
	write(t, filepath.Join(services, "c.yaml"), "services: {c: {auth_token: '"+tokenOf("one")+"', pass_through: true}}")
	write(t, s.config, "services: {one: {auth_token: '"+planted+"-other'}}")
	wait(t, s, func() bool {
		log := s.Log()
		return strings.Contains(log, "a.yaml") && strings.Contains(log, "b.yaml") && strings.Contains(log, "c.yaml") &&
			strings.Contains(log, "config.yaml:1: services.one is incomplete")
	})
	for _, name := range []string{"environ", "cmdline", "limits"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", s.PID(), name))
		if err != nil {
			t.Fatal(err)
		}
		seen[name] = string(text)
	}
	if !strings.Contains(strings.Join(strings.Fields(seen["limits"]), " "), "Max core file size 0 0 bytes") {
		t.Errorf("the process may leave a core file:\n%s", seen["limits"])
	}
	for name, text := range seen {
		noSecrets(t, name, text)
	}
	// The log is searched when the sidecar stops.
}
