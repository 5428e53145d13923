package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// validFiles are configurations that are valid, most of them from CredProxy's
// documentation.
var validFiles = map[string]string{
	"readme.yaml": `
aws_defaults:
  region: "us-west-2"
services:
  my-app:
    auth_token: "short-token"
    source_credentials:
      region: "us-west-2"
    assumed_role:
      RoleArn: "arn:aws:iam::123456789012:role/MyAppRole"
      RoleSessionName: "my-app-session"
`,
	"defaults.yaml": `
server: {host: localhost, port: 1338, debug: false, log_health_checks: false}
credentials: {refresh_buffer_seconds: 300, retry_delay: 60, request_timeout: 30}
metrics: {prometheus: {enabled: true, host: 0.0.0.0, port: 9090}}
x-team: logs
services:
  my-app:
    auth_token: "a-token-of-some-length"
    x-owner: me
    source_credentials:
      region: "us-west-2"
      iam_profile: {profile_name: my-profile, config_file: /path/to/config}
    assumed_role:
      RoleArn: "arn:aws:iam::123456789012:role/MyAppRole"
      DurationSeconds: 3600
      ExternalId: unique-external-id
`,
	"folders.yaml": `
dynamic_services:
  enabled: true
  directories:
    - path: "/credproxy/dynamic"
      include_patterns: [".*\\.yaml$", ".*\\.yml$"]
      exclude_patterns: ["^\\..*", ".*~$", ".*\\.bak$"]
    - path: "/credproxy/dynamic-dev"
  reload_interval: 5
`,
	"older.yaml": `
dynamic_services:
  enabled: true
  directory: /credproxy/dynamic
  file_pattern: "*.yaml"
  watcher_stop_timeout: 5
  reload_interval: 5
`,
	"manual.yaml": `dynamic_services: {enabled: true, directories: [/a, /b], include_patterns: [".*"]}`,
	"all.json": `{"services": {"app": {"auth_token": "a-token-of-some-length",
  "source_credentials": {}, "assumed_role": {"RoleArn": "arn:aws:iam::123456789012:role/path/r",
  "SourceIdentity": "me", "Tags": [{"Key": "k", "Value": "v"}],
  "PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]}}}}`,
}

// invalidFiles are not, at first sight or because of what they refer to.
var invalidFiles = map[string]string{
	"compose-habit.yaml": `
services:
  app: {auth_token: "${APP_TOKEN}", pass_through: true}
`,
	"references.yaml": `
aws_defaults: &defaults
  region: eu-west-1
services:
  app:
    auth_token: "${fromFile:DIR/token}"
    source_credentials:
      region: "${fromEnv:APP_REGION}"
    assumed_role: {RoleArn: "arn:aws-us-gov:iam::123456789012:role/r"}
`,
	"wrong-keys.yaml": `
aws_defaults:
  iam_keys:
    access_key_id: AKIAIOSFODNN7EXAMPLE
    secret_access_key: x
services:
  app: {auth_token: a-token-of-some-length, assumed_role: {RoleArn: "arn:aws:iam::123456789012:role/r"}}
`,
	"no-role.yaml": "services:\n  web-app: {auth_token: a-token-of-some-length}\n",
	"remote.yaml": `
server: {host: 0.0.0.0}
services:
  app: {auth_token: a-token-of-some-length, assumed_role: {RoleArn: "arn:aws:iam::123456789012:role/r"}}
`,
}

// validate is the command that validates DIR/NAME.
func validate(name string) []string {
	return []string{"serve", "--validate-only", "--config", "DIR/" + name}
}

// TestValidate: configurations are validated without starting anything.
func TestValidate(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, validFiles)
	for name := range validFiles {
		example{name: name, args: validate(name),
			stdout: []string{`^the configuration is valid: DIR/` + name + `$`}}.check(t, dir)
	}
	if err := os.Chmod(filepath.Join(dir, "defaults.yaml"), 0o644); err != nil {
		t.Fatal(err)
	}
	checkAll(t, dir, []example{
		{
			name: "a short token", args: validate("readme.yaml"),
			stderr: []string{`^warning: service my-app: auth_token has fewer than 16 characters and can be guessed$`},
		},
		{
			name: "readable by all", args: validate("defaults.yaml"),
			stderr: []string{`^warning: DIR/defaults.yaml holds tokens or keys, ` +
				`and other users can read or write it: chmod 600`},
		},
		{
			name: "the variable wins over the flag", env: vars{"CREDPROXY_CONFIG_FILE": "nowhere.yaml"},
			args: validate("readme.yaml"), code: 1, stderr: []string{`read the configuration: open nowhere.yaml`},
		},
		{
			name: "no log level", args: append(validate("readme.yaml"), "--log-level", "loud"), code: 2,
			stderr: []string{`--log-level "loud" is not a log level: write DEBUG, INFO, WARNING, ERROR or CRITICAL`},
		},
		{
			name: "no log level in the environment", env: vars{"CREDPROXY_LOG_LEVEL": "loud"},
			args: validate("readme.yaml"), code: 2,
			stderr: []string{`CREDPROXY_LOG_LEVEL "loud" is not a log level`},
		},
		{name: "a log level", env: vars{"CREDPROXY_LOG_LEVEL": "WARNING"}, args: validate("readme.yaml")},
		{name: "another", args: append(validate("readme.yaml"), "--log-level", "critical")},
		{
			name: "only grants", env: vars{"HOME": "DIR"}, code: 2, stdout: nothing,
			args: []string{"serve", "--validate-only"},
			stderr: []string{`^sluice: --validate-only found no configuration: set --config or CREDPROXY_CONFIG_FILE ` +
				`\(/credproxy/config.yaml does not exist\)$`},
		},
		{
			name: "not even grants", env: vars{"HOME": ""}, args: []string{"serve", "--validate-only"}, code: 1,
			stderr: []string{`read the configuration: open /credproxy/config.yaml: no such file or directory`},
		},
	})
}

// TestValidateMistakes: the error says what to write.
func TestValidateMistakes(t *testing.T) {
	dir := t.TempDir()
	for name, text := range invalidFiles {
		writeFiles(t, dir, map[string]string{name: fillDir(text, dir)})
	}
	checkAll(t, dir, []example{
		{
			name: "a habit of Compose", args: validate("compose-habit.yaml"), code: 1,
			stderr: []string{`compose-habit.yaml:3: services.app.auth_token contains ` +
				`\$\{…\} that is not a reference: write \$\{fromEnv:NAME\} or \$\{fromFile:PATH\}`},
		},
		{
			name: "references", args: validate("references.yaml"), code: 1,
			stderr: []string{
				`references.yaml:6: services.app.auth_token "\$\{fromFile:DIR/token\}" names the file DIR/token, ` +
					`which cannot be read \(no such file or directory\)`,
				`references.yaml:8: services.app.source_credentials.region "\$\{fromEnv:APP_REGION\}" ` +
					`names the variable APP_REGION, which is not set`,
			},
		},
		{
			name: "settings that do not exist", args: validate("wrong-keys.yaml"), code: 1,
			stderr: []string{`wrong-keys.yaml:4: aws_defaults.iam_keys.access_key_id is not a known setting: ` +
				`write one of aws_access_key_id, aws_secret_access_key, session_token`},
		},
		{
			name: "no role", args: validate("no-role.yaml"), code: 1,
			stderr: []string{`services.web-app is incomplete or ambiguous: ` +
				`set assumed_role, or else pass_through: true`},
		},
		{
			name: "remote", args: validate("remote.yaml"), code: 1,
			stderr: []string{`server.host "0.0.0.0" can be reached from other machines: ` +
				`listen on localhost or a unix socket, or set allow_remote: true beside it`},
		},
	})
	writeFiles(t, dir, map[string]string{"token": "a-token-of-some-length\n", "region": "us-gov-east-1\n"})
	checkAll(t, dir, []example{
		{
			name: "a token with a newline", env: vars{"APP_REGION": "us-gov-west-1"}, args: validate("references.yaml"),
			stderr: []string{`^warning: service app: its token file DIR/token ends in a newline, ` +
				`which AWS's SDKs refuse to send: write it with printf %s$`},
		},
		{
			name: "a Docker secret", env: vars{"APP_REGION__FILE": "DIR/region"}, args: validate("references.yaml"),
		},
	})
}

// TestExamples: the configurations in deploy are valid.
func TestExamples(t *testing.T) {
	dir, err := filepath.Abs("../../deploy/sidecar")
	if err != nil {
		t.Fatal(err)
	}
	env := vars{
		"APP_TOKEN":    "a-token-of-some-length",
		"WEB_TOKEN":    "another-token-of-length",
		"WORKER_TOKEN": "a-third-token-of-length",
		"POD_IP":       "10.0.0.1",
	}
	for _, name := range []string{"compose/sluice.yaml", "ecs/sluice.yaml", "kubernetes/sluice.yaml"} {
		example{name: name, env: env, args: validate(name)}.check(t, dir)
	}
	example{
		name: "kubernetes/app.yaml", env: env, args: validate("kubernetes/app.yaml"), code: 1,
		stderr: []string{`names the file /etc/sluice/tokens/token, which cannot be read`, `!known|incomplete|missing`},
	}.check(t, dir)
}

// TestServeFlags: flags that print and exit.
func TestServeFlags(t *testing.T) {
	checkAll(t, "", []example{
		{name: "version", args: []string{"serve", "--version"}, stdout: []string{`^sluice unknown$`}},
		{name: "schema", args: []string{"serve", "--print-schema"},
			stdout: []string{`"\$schema": "http://json-schema.org/draft-07/schema#"`}},
		{name: "health", args: []string{"serve", "--health=http://127.0.0.1:1/health"}, code: 1,
			stderr: []string{`ask for health: .*connection refused`}},
		{name: "no URL", args: []string{"serve", "--health=:"}, code: 1, stderr: []string{`--health: `}},
		{name: "surplus", args: []string{"serve", "surplus"}, code: 2},
	})
}

// TestServe: a sidecar starts, hands out a key, accepts a grant while it runs and
// stops.
func TestServe(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"sluice.yaml": `
server: {listeners: [{address: "127.0.0.1:0"}]}
metrics: {prometheus: {enabled: false}}
services:
  app: {auth_token: a-token-of-some-length, assumed_role: {RoleArn: "arn:aws:iam::123456789012:role/app"}}
`})
	env := startSTS(t).and(vars{"SLUICE_GRANTS_DIR": filepath.Join(dir, "grants")})
	ctx, stop := context.WithCancel(t.Context())
	log, stderr := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		args := []string{"serve", "--config", filepath.Join(dir, "sluice.yaml")}
		ended <- run(ctx, args, env.getenv, strings.NewReader(""), io.Discard, stderr)
		stderr.Close()
	}()
	lines := bufio.NewScanner(log)
	address := listeningAddress(t, lines)
	drained := make(chan string)
	go func() {
		var rest bytes.Buffer
		for lines.Scan() {
			rest.Write(append(lines.Bytes(), '\n'))
		}
		drained <- rest.String()
	}()

	if got := getKey(t, "http://"+address+"/v1/credentials", "a-token-of-some-length"); got != "ASIAIOSFODNN7EXAMPLE" {
		t.Errorf("the application gets %q, want a key", got)
	}
	checkAll(t, dir, []example{
		{name: "health", args: []string{"serve", "--health=http://" + address + "/health"},
			stdout: []string{`"status":"healthy"`}},
		{
			name: "a grant", env: env, stderr: []string{`^granted `, `!no sidecar answers`},
			args: []string{
				"grant", "aws", "--role", "arn:aws:iam::123456789012:role/new", "--token-file", "DIR/token",
				"--sidecar", "http://" + address + "/_aws/credentials", "--wait", "5m",
			},
		},
		{
			name: "not the address of credentials", env: env, code: 1,
			args: []string{
				"grant", "aws", "--role", "arn:aws:iam::123456789012:role/other",
				"--sidecar", "http://" + address + "/other",
			},
			stderr: []string{`--sidecar http://` + address +
				`/other: it answers 404 Not Found: write the address of a listener`},
		},
	})
	token, err := os.ReadFile(filepath.Join(dir, "token"))
	if err != nil {
		t.Fatal(err)
	}
	if got := getKey(t, "http://"+address+"/role/new", string(token)); got != "ASIAIOSFODNN7EXAMPLE" {
		t.Errorf("the grant's application gets %q, want a key", got)
	}
	stop()
	rest := <-drained
	if code := <-ended; code != 0 || !strings.Contains(rest, `"msg":"credentials issued","service":"new"`) {
		t.Errorf("exit code %d, want 0, and the grant's key in the log:\n%s", code, rest)
	}
}

// listeningAddress reads the log until it says where the sidecar listens.
func listeningAddress(t *testing.T, lines *bufio.Scanner) string {
	t.Helper()
	for lines.Scan() {
		var line struct{ Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" {
			return line.Address
		}
	}
	t.Fatal("the sidecar did not start")
	return ""
}

// getKey asks for a key, and returns its ID.
func getKey(t *testing.T, url, token string) string {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var document struct{ AccessKeyId string }
	if err := json.NewDecoder(resp.Body).Decode(&document); err != nil {
		t.Fatal(err)
	}
	return document.AccessKeyId
}
