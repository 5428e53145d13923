// Package commands tests the command sluice as a command: scripts with files,
// arguments, stdout, stderr and exit codes.
package commands

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"io"
	"log/slog"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"sluice/conf"
	"sluice/creds"
	"sluice/output"
	"sluice/output/s3test"
	"sluice/test/testenv"
)

func TestScripts(t *testing.T) {
	program, err := filepath.Abs("../../build/sluice")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(program); err != nil {
		t.Skipf("%v: run make first", err)
	}
	sts, err := testenv.StartSTS(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sts.Close) // after the scripts, which run in parallel
	s3 := s3test.Start(t)
	secure, err := secured(s3.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(secure.Close)
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(program)+string(os.PathListSeparator)+env.Getenv("PATH"))
			// Nobody answers there: no test asks this machine's metadata service.
			env.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1")
			env.Setenv("STS", sts.Endpoint)
			env.Setenv("S3", s3.URL)
			env.Setenv("S3_TLS", secure.URL)
			authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
			if err := os.WriteFile(filepath.Join(env.WorkDir, "ca.pem"), authority, 0o600); err != nil {
				return err
			}
			env.Setenv("DEPLOY", filepath.Join(filepath.Dir(filepath.Dir(program)), "deploy"))
			return fillSpool(env.WorkDir)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// secured is a server by TLS before another one, with a certificate of its own. Over TLS bodies are signed
// without their hash, which the other one wants.
func secured(behind string) (*httptest.Server, error) {
	at, err := url.Parse(behind)
	if err != nil {
		return nil, err
	}
	return httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(at)
		body, err := io.ReadAll(r.In.Body)
		if err != nil {
			return // the other one misses the rest
		}
		sum := sha256.Sum256(body)
		r.Out.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
		r.Out.Body = io.NopCloser(bytes.NewReader(body))
	}}), nil
}

// fillSpool makes store/out, a spool with two segments of an output that could not upload.
func fillSpool(dir string) error {
	settings := map[string]string{
		"bucket": "logs", "endpoint": "http://127.0.0.1:1", "s3_key_format": "/$TAG/$INDEX", "compression": "gzip", "auto_retry_requests": "off",
	}
	cfg, err := conf.Parse(func(name string) (string, bool) { value, set := settings[name]; return value, set }, conf.Checks{KeyFormat: output.CheckKeyFormat})
	if err != nil {
		return err
	}
	out, err := output.New(output.Options{Config: cfg, Dir: filepath.Join(dir, "store", "out"), Credentials: creds.NewChain(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	for _, text := range []string{"one", "two", "tre"} { // of one length
		// [[time 2026-11-22T00:00:00Z, {}], {"log": text}] in msgpack
		chunk := "\x92\x92\xd7\x00\x6a\x20\xdb\x80\x00\x00\x00\x00\x80\x81\xa3log\xa3" + text
		if err := out.Flush(map[bool]string{true: "web", false: "app"}[text == "two"], []byte(chunk)); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return out.Close(ctx, 0)
}

// exits CODE PROGRAM ARG… runs a program and compares its exit code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if exit, ok := err.(*exec.ExitError); ok {
		code = string(rune('0' + exit.ExitCode()))
	} else if err != nil {
		ts.Check(err)
	}
	if code != args[0] {
		ts.Fatalf("%v: exit code %s, want %s", args[1:], code, args[0])
	}
}
