package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const deployRole = "arn:aws:iam::123456789012:role/deploy"

// TestRunEnvironment: the command has credentials of its own, and no others.
func TestRunEnvironment(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte("[profile p]\nregion = eu-north-1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := startSTS(t).and(vars{"AWS_CONFIG_FILE": config})
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "PLANTED7secret", "AWS_SECRET_ACCESS_KEY": "PLANTED7secret",
		"AWS_PROFILE": "PLANTED7secret", "AWS_SESSION_TOKEN": "PLANTED7secret", "AWS_CONFIG_FILE": "PLANTED7secret",
		"AWS_SECRET_ACCESS_KEY__FILE": "PLANTED7secret", "AWS_WEB_IDENTITY_TOKEN_FILE": "PLANTED7secret",
		"KEPT": "kept", "AWS_REGION": "",
	} {
		t.Setenv(name, value)
	}
	os.Unsetenv("AWS_REGION")
	service := filepath.Join(t.TempDir(), "config.yaml")
	text := "aws_defaults: {region: eu-west-1}\nservices:\n  app:\n    auth_token: PLANTED7secretPLANTED7secret\n" +
		"    assumed_role: {RoleArn: '" + deployRole + "'}\n"
	if err := os.WriteFile(service, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		region string
		flags  []string
	}{
		{"ap-south-1", []string{"--role", deployRole, "--region", "ap-south-1"}},
		{"eu-west-1", []string{"--service", "app", "--config", service}},
	} {
		args := append(append([]string{"run"}, c.flags...), "--", "env")
		got := sluice(t.Context(), env, args...)
		if got.code != 0 || got.stderr != "" || strings.Contains(got.stdout, "PLANTED7secret") {
			t.Errorf("%v: exit code %d, %s%s", c.flags, got.code, got.stdout, got.stderr)
		}
		for _, line := range []string{"KEPT=kept", "AWS_REGION=" + c.region, "AWS_CONFIG_FILE=/dev/null",
			"AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:",
			"AWS_CONTAINER_AUTHORIZATION_TOKEN="} {
			if !strings.Contains(got.stdout, "\n"+line) && !strings.HasPrefix(got.stdout, line) {
				t.Errorf("%v: the environment lacks %s:\n%s", c.flags, line, got.stdout)
			}
		}
	}
}

// TestRunCredentials: the credentials are there while the command runs, for its token alone, and gone with it.
func TestRunCredentials(t *testing.T) {
	in, toChild := io.Pipe()
	fromChild, out := io.Pipe()
	ended := make(chan int, 1)
	var stderr bytes.Buffer
	env := startSTS(t)
	go func() {
		ended <- run(t.Context(), []string{"run", "--role", deployRole, "--", "sh", "-c",
			`echo "$AWS_CONTAINER_CREDENTIALS_FULL_URI $AWS_CONTAINER_AUTHORIZATION_TOKEN"; read line; exit 3`},
			env.getenv, in, out, &stderr)
		out.Close()
	}()
	line, err := bufio.NewReader(fromChild).ReadString('\n')
	if err != nil {
		t.Fatalf("%v: %s", err, &stderr)
	}
	url, token, _ := strings.Cut(strings.TrimSpace(line), " ")
	for sent, want := range map[string]int{token: 200, "": 401, "x": 401} {
		if status, body := askFor(t, url, sent); status != want ||
			(status == 200) != strings.Contains(body, `"AccessKeyId":"ASIAIOSFODNN7EXAMPLE"`) {
			t.Errorf("with the token %.3q…: %d %d bytes, want %d", sent, status, len(body), want)
		}
	}
	fmt.Fprintln(toChild, "end")
	toChild.Close()
	if code := <-ended; code != 3 || stderr.Len() > 0 {
		t.Errorf("exit code %d, want the command's, 3: %s", code, &stderr)
	}
	if conn, err := net.Dial("tcp", addressOf(url)); err == nil {
		conn.Close()
		t.Error("the credentials are still there")
	}
}

func askFor(t *testing.T, url, token string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// TestRunSignals: a signal is passed on, and how the command ended is how sluice does.
func TestRunSignals(t *testing.T) {
	env := startSTS(t)
	for script, want := range map[string]int{
		`sleep 100 & trap 'kill $!; exit 7' TERM; echo ready; wait`: 7,
		`echo ready; exec sleep 100`:                                128 + 15,
	} {
		fromChild, out := io.Pipe()
		ended := make(chan int, 1)
		go func() {
			ended <- run(t.Context(), []string{"run", "--role", deployRole, "--", "sh", "-c", script}, env.getenv,
				strings.NewReader(""), out, io.Discard)
			out.Close()
		}()
		if _, err := bufio.NewReader(fromChild).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil { // the command runs, so we are not hit
			t.Fatal(err)
		}
		if code := <-ended; code != want {
			t.Errorf("%s: exit code %d, want %d", script, code, want)
		}
	}
}

// TestRunFails: a command without credentials, or that is not there, is not run, and the reason is said.
func TestRunFails(t *testing.T) {
	env := startSTS(t)
	for _, c := range []struct {
		env  vars
		args []string
		code int
		want string
	}{
		{env.and(vars{"AWS_ACCESS_KEY_ID": "AKIAOTHER"}), []string{"--role", deployRole, "--", "sh", "-c", "echo ran"},
			1, "InvalidClientTokenId"},
		{env, []string{"--role", deployRole, "--", "/no/such/command"}, 1, "no such file"},
		{env, []string{"--role", "x", "--", "true"}, 2, `--role "x"`},
		{env, []string{"--", "true"}, 2, "at least one of the flags in the group [role service] is required"},
		{env, []string{"--role", deployRole}, 2, "requires at least 1 arg"},
		{env, []string{"--service", "a", "--config", "/no/config", "--", "true"}, 1, "/no/config"},
	} {
		got := sluice(t.Context(), c.env, append([]string{"run"}, c.args...)...)
		if got.code != c.code || !strings.Contains(got.stderr, c.want) || got.stdout != "" {
			t.Errorf("%v: %+v, want %d and %q", c.args, got, c.code, c.want)
		}
	}
}
