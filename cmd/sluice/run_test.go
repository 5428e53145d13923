package main

import (
	"bytes"
	"context"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The documented example keys.
const (
	exampleKey    = "AKIAIOSFODNN7EXAMPLE"
	exampleSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

// keys are the example keys as variables.
var keys = vars{"AWS_ACCESS_KEY_ID": exampleKey, "AWS_SECRET_ACCESS_KEY": exampleSecret}

// vars are the variables of a command's environment.
type vars map[string]string

// and returns the variables with some more.
func (v vars) and(more vars) vars {
	all := maps.Clone(v)
	maps.Copy(all, more)
	return all
}

// getenv finds a variable. Unless a test says otherwise, there is no home and no
// instance metadata service: no test asks the machine's own.
func (v vars) getenv(name string) string {
	if value, set := v[name]; set {
		return value
	}
	return map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1", "HOME": "/no-home"}[name]
}

// result is what a command did.
type result struct {
	code           int
	stdout, stderr string
}

// sluice runs the command in this process.
func sluice(ctx context.Context, env vars, args ...string) result {
	return sluiceReading(ctx, "", env, args...)
}

// sluiceReading is sluice with a standard input.
func sluiceReading(ctx context.Context, stdin string, env vars, args ...string) result {
	var stdout, stderr bytes.Buffer
	code := run(ctx, args, env.getenv, strings.NewReader(stdin), &stdout, &stderr)
	return result{code, stdout.String(), stderr.String()}
}

// example is a command, and what it has to do. The patterns are of whole outputs,
// with ^ and $ at lines; one that begins with "!" must not match.
type example struct {
	name   string
	env    vars
	args   []string
	stdin  string
	code   int
	stdout []string
	stderr []string
}

// check runs an example. DIR stands for a folder in its arguments, variables and
// patterns.
func (e example) check(t *testing.T, dir string) {
	t.Helper()
	fill := func(text string) string { return fillDir(text, dir) }
	env := vars{}
	for name, value := range e.env {
		env[name] = fill(value)
	}
	args := make([]string, len(e.args))
	for i, arg := range e.args {
		args[i] = fill(arg)
	}
	got := sluiceReading(t.Context(), e.stdin, env, args...)
	if got.code != e.code {
		t.Errorf("%s: exit code %d, want %d", e.name, got.code, e.code)
	}
	e.match(t, "stdout", got.stdout, e.stdout, fill)
	e.match(t, "stderr", got.stderr, e.stderr, fill)
}

// fillDir replaces DIR by a folder.
func fillDir(text, dir string) string { return strings.ReplaceAll(text, "DIR", dir) }

func (e example) match(t *testing.T, stream, got string, patterns []string, fill func(string) string) {
	t.Helper()
	for _, pattern := range patterns {
		text, unwanted := strings.CutPrefix(pattern, "!")
		if regexp.MustCompile("(?m)"+fill(text)).MatchString(got) == unwanted {
			t.Errorf("%s: %s is\n%s\nwant %s", e.name, stream, got, pattern)
		}
	}
}

// nothing matches an empty output.
var nothing = []string{`\A\z`}

// checkAll runs examples in order, each as a test.
func checkAll(t *testing.T, dir string, examples []example) {
	t.Helper()
	for _, e := range examples {
		t.Run(e.name, func(t *testing.T) { e.check(t, dir) })
	}
}

// writeFiles writes files by their path below dir.
func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestUsage: wrong usage is exit code 2, and says what is wrong.
func TestUsage(t *testing.T) {
	checkAll(t, "", []example{
		{name: "nothing", code: 2, stderr: []string{`^sluice: a command is missing: see sluice --help$`}},
		{name: "unknown", args: []string{"frobnicate"}, code: 2, stderr: []string{`unknown command "frobnicate"`}},
		{name: "a group", args: []string{"creds"}, code: 2, stderr: []string{`see sluice creds --help`}},
		{name: "another", args: []string{"spool"}, code: 2},
		{name: "surplus", args: []string{"version", "surplus"}, code: 2},
		{name: "no file", args: []string{"check"}, code: 2},
		{name: "no folder", args: []string{"spool", "ls"}, code: 2, stderr: []string{`name one folder`}},
		{name: "version", args: []string{"version"}, stdout: []string{`^sluice unknown$`}, stderr: nothing},
		{name: "help", args: []string{"--help"}, stdout: []string{`check +Check a configuration`}},
	})
}

// TestHelp: every command has a help text.
func TestHelp(t *testing.T) {
	for _, args := range []string{
		"check", "creds", "creds process", "creds explain",
		"spool", "spool ls", "spool cat", "spool verify", "spool push", "serve",
		"helper", "helper install", "grant", "grant aws", "grant list", "grant revoke", "version",
	} {
		got := sluice(t.Context(), nil, append(strings.Fields(args), "--help")...)
		if got.code != 0 || !strings.Contains(got.stdout, "Usage:\n  sluice "+args) {
			t.Errorf("%s --help: exit code %d, %q", args, got.code, got.stdout)
		}
	}
}
