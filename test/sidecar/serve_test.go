package sidecar

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sluice/test/testenv"
)

// serving is a running sluice serve.
type serving struct {
	*testenv.Process
	dir, config string
}

// owner configures the source of all keys: the owner's, which STS knows.
func owner() string {
	keys := testenv.OwnerKeys()
	return fmt.Sprintf("aws_defaults:\n  region: us-east-1\n"+
		"  iam_keys: {aws_access_key_id: %s, aws_secret_access_key: %q}\n", keys.AccessKeyID, keys.SecretAccessKey)
}

// watching configures folders of services.
func watching(folders ...string) string {
	text := "dynamic_services:\n  enabled: true\n  reload_interval: 1\n  directories:\n"
	for _, folder := range folders {
		text += fmt.Sprintf("  - {path: %q}\n", folder)
	}
	return text
}

// service configures a service with a role.
func service(name, token, role string) string {
	return fmt.Sprintf("  %s: {auth_token: %s, assumed_role: {RoleArn: %q}}\n", name, token, role)
}

// tokenOf returns a service's token.
func tokenOf(service string) string { return planted + "-token-of-" + service }

// serve starts sluice serve with a configuration, in which DIR stands for a folder, and waits until it
// answers at 127.0.0.1:1338.
func serve(t *testing.T, config string, env ...string) *serving {
	t.Helper()
	s := &serving{dir: t.TempDir()}
	s.config = filepath.Join(s.dir, "config.yaml")
	write(t, s.config, strings.ReplaceAll(config, "DIR", s.dir))
	var err error
	s.Process, err = testenv.Start(testenv.Command{
		Path: world.program, Args: []string{"serve", "--config", s.config, "--log-level", "DEBUG"},
		Env: append([]string{"HOME=" + s.dir, "AWS_ENDPOINT_URL_STS=" + world.sts.Endpoint}, env...),
		Log: filepath.Join(s.dir, "log"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.stop(t) })
	wait(t, s, func() bool {
		resp, err := http.Get("http://127.0.0.1:1338/health")
		if err != nil {
			return false
		}
		return resp.Body.Close() == nil
	})
	return s
}

// stop ends the sidecar as a supervisor does, and searches its log for secrets.
func (s *serving) stop(t *testing.T) {
	if err := s.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	select {
	case <-s.Done():
	case <-time.After(20 * time.Second):
		t.Error("it does not stop")
		s.Kill()
	}
	if err := s.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	noSecrets(t, "its log", s.Log())
	if t.Failed() {
		t.Log(strings.ReplaceAll(s.Log(), planted, "***"))
	}
}

// noSecrets searches a text for secrets.
func noSecrets(t *testing.T, where, text string) {
	t.Helper()
	for _, secret := range append(world.sts.Secrets(), planted, testenv.OwnerKeys().SecretAccessKey) {
		if strings.Contains(text, secret) {
			t.Errorf("a secret is in %s", where)
		}
	}
}

// wait waits until ready returns true, for 20 s at most.
func wait(t *testing.T, s *serving, ready func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := testenv.Wait(ctx, s.Done(), ready); err != nil {
		t.Fatalf("the sidecar did not get there: %v\n%s", err, strings.ReplaceAll(s.Log(), planted, "***"))
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// get sends a request with headers and returns the answer.
func get(t *testing.T, url string, headers ...string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, each := range headers {
		name, value, _ := strings.Cut(each, ": ")
		r.Header.Add(name, value)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}
