package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"io"
	"log"
	"log/slog"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"sluice/conf"
	"sluice/creds"
	"sluice/output"
	"sluice/output/s3test"
)

// newSpoolDir makes DIR/store/out, a spool with two segments of an output that could
// not upload: app/0 with the records one and tre, web/1 with two.
func newSpoolDir(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	settings := map[string]string{
		"bucket":              "logs",
		"endpoint":            "http://127.0.0.1:1",
		"s3_key_format":       "/$TAG/$INDEX",
		"compression":         "gzip",
		"auto_retry_requests": "off",
	}
	lookup := func(name string) (string, bool) { value, set := settings[name]; return value, set }
	cfg, err := conf.Parse(lookup, conf.Checks{KeyFormat: output.CheckKeyFormat})
	if err != nil {
		t.Fatal(err)
	}
	out, err := output.New(output.Options{
		Config:      cfg,
		Dir:         filepath.Join(dir, "store", "out"),
		Credentials: creds.NewChain(),
		Log:         slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range []struct{ tag, text string }{{"app", "one"}, {"web", "two"}, {"app", "tre"}} {
		// [[time 2026-11-22T00:00:00Z, {}], {"log": text}] in msgpack
		chunk := "\x92\x92\xd7\x00\x6a\x20\xdb\x80\x00\x00\x00\x00\x80\x81\xa3log\xa3" + record.text
		if err := out.Flush(record.tag, []byte(chunk)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // nothing can be uploaded
	if err := out.Close(ctx, 0); err != nil {
		t.Fatal(err)
	}
	return dir
}

// damage overwrites a byte in the last frame of a sealed segment.
func damage(t *testing.T, path string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)-31] = 'X'
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// sealed lists the sealed segments, app's first.
func sealed(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "store/out/*.sealed"))
	if err != nil || len(paths) != 2 {
		t.Fatalf("sealed segments %v, %v, want two", paths, err)
	}
	return paths
}

// TestSpoolReading: a spool is listed, printed and verified, whole and damaged.
func TestSpoolReading(t *testing.T) {
	dir := newSpoolDir(t)
	checkAll(t, dir, []example{
		{
			name: "ls", args: []string{"spool", "ls", "DIR/store"},
			stdout: []string{
				`^STATE +SEGMENT +BYTES +CHUNKS +SINCE +OBJECT$`,
				`^sealed +[0-9a-f]{16} +\d+ +2 +20.*s3://logs/app/0$`,
				`^sealed +[0-9a-f]{16} +\d+ +1 +20.*s3://logs/web/1$`,
				`^2 segments, \d+ bytes$`,
			},
		},
		{
			name: "ls --json", args: []string{"spool", "ls", "--json", "DIR/store/out"},
			stdout: []string{`^{"segment":"[0-9a-f]{16}","state":"sealed","path":"DIR/store/out/[0-9a-f]{16}.sealed",` +
				`"bytes":\d+,"raw_bytes":\d+,"chunks":2,"opened":"[^"]+","latest":"[^"]+",` +
				`"bucket":"logs","key":"app/0"}$`},
		},
		{
			name: "cat", args: []string{"spool", "cat", "DIR/store"},
			stdout: []string{`\A{"date":"2026-.*"log":"one"}\n{.*"log":"tre"}\n{.*"log":"two"}\n\z`}, stderr: nothing,
		},
		{name: "verify", args: []string{"spool", "verify", "DIR/store"}, stdout: []string{`^2 segments, all good$`}},
	})
	damage(t, sealed(t, dir)[0])
	checkAll(t, dir, []example{
		{
			name: "verify damage", args: []string{"spool", "verify", "DIR/store"}, code: 1,
			stdout: []string{`bytes \d+ to \d+: checksum does not match`},
			stderr: []string{`^sluice: 1 of 2 segments are damaged or in quarantine$`},
		},
		{
			name: "cat the rest", args: []string{"spool", "cat", "DIR/store"}, code: 1,
			stdout: []string{`"log":"one"`, `"log":"two"`, `!"log":"tre"`},
			stderr: []string{`checksum does not match`, `^sluice: 1 parts cannot be read$`},
		},
		{
			name: "ls --json damage", args: []string{"spool", "ls", "--json", "DIR/store"},
			stdout: []string{`"damage":\["bytes \d+ to \d+: checksum does not match"\]`},
		},
	})
}

// TestNotASpool: what is not a spool says so.
func TestNotASpool(t *testing.T) {
	dir := newSpoolDir(t)
	writeFiles(t, dir, map[string]string{"note.txt": "nothing", "empty/keep": "", "new/lock": ""})
	if err := os.Remove(filepath.Join(dir, "empty/keep")); err != nil {
		t.Fatal(err)
	}
	const isNot = ` is not a spool: a spool's folder has a file named lock`
	checkAll(t, dir, []example{
		{name: "ls nothing", args: []string{"spool", "ls", "DIR/nowhere"}, code: 1,
			stderr: []string{`nowhere: no such file or directory`}},
		{name: "push nothing", args: []string{"spool", "push", "DIR/nowhere"}, code: 1,
			stderr: []string{`nowhere` + isNot}},
		{name: "verify an empty folder", args: []string{"spool", "verify", "DIR/empty"}, code: 1, stdout: nothing,
			stderr: []string{`empty` + isNot}},
		{name: "ls an empty folder", args: []string{"spool", "ls", "--json", "DIR/empty"}, code: 1, stdout: nothing},
		{name: "cat a file", args: []string{"spool", "cat", "DIR/note.txt"}, code: 1,
			stderr: []string{`note.txt is no`}},
		{name: "verify a new spool", args: []string{"spool", "verify", "DIR/new"},
			stdout: []string{`^0 segments, all good$`}},
	})
	for _, path := range sealed(t, dir) { // segments without a lock were copied
		if err := os.Rename(path, filepath.Join(dir, "empty", filepath.Base(path))); err != nil {
			t.Fatal(err)
		}
	}
	example{name: "copied segments", args: []string{"spool", "ls", "DIR/empty"},
		stdout: []string{`^2 segments`}}.check(t, dir)
}

// TestPush: what is in a spool is uploaded; what cannot be stays, or goes to
// quarantine if nothing of it can be read.
func TestPush(t *testing.T) {
	dir, s3 := newSpoolDir(t), s3test.Start(t)
	checkAll(t, dir, []example{
		{
			name: "without credentials", args: []string{"spool", "push", "--json", "DIR/store"}, code: 1,
			stdout: []string{
				`^{"segment":"[0-9a-f]{16}","bucket":"logs","key":"app/0","records":0,"bytes":0,"error":".*credentials`,
				`^{"segment":"[0-9a-f]{16}","bucket":"logs","key":"web/1","records":0,"bytes":0,"error":".*credentials`,
			},
			stderr: []string{`^sluice: 2 segments could not be uploaded and are still there$`},
		},
		{name: "they are still there", args: []string{"spool", "ls", "DIR/store"},
			stdout: []string{`^2 segments, \d+ bytes$`}},
		{
			name: "a typing error", args: []string{"spool", "push", "--set", "regoin=eu-west-1", "DIR/store"}, code: 1,
			stderr: []string{`regoin is not known: did you mean region`},
		},
		{
			name: "no value", args: []string{"spool", "push", "--set", "region", "DIR/store"}, code: 1,
			stderr: []string{`--set "region" is not key=value: write a property`},
		},
	})
	for _, path := range sealed(t, dir) {
		damage(t, path)
	}
	push := []string{"spool", "push", "--set", "endpoint=" + s3.URL, "--set", "bucket=elsewhere", "DIR/store"}
	checkAll(t, dir, []example{
		{
			name: "damaged", env: keys, args: push, code: 1,
			stdout: []string{
				`^DIR/store/out: 1 segments uploaded, 0 left, 2 damaged and in quarantine \(1 unreadable\)$`,
				`^  DIR/store/out/quarantine/[0-9a-f]{16}.segment: 1 records .* elsewhere/app/0, .*checksum`,
				`^  DIR/store/out/quarantine/[0-9a-f]{16}.segment: 0 records .* elsewhere/web/1, .*checksum`,
			},
			stderr: []string{`^sluice: 1 segments were not stored since nothing of them can be read: ` +
				`they are in quarantine$`},
		},
		{
			name: "again, from quarantine", env: keys, args: append(push, "--json", "--quarantine"), code: 1,
			stdout: []string{`^{"put_aside":"DIR/store/out/quarantine/[0-9a-f]{16}.segment","records":0,` +
				`"reason":"0 records .* elsewhere/web/1, .*"}$`},
		},
		{
			name: "ls the quarantine", args: []string{"spool", "ls", "DIR/store"},
			stdout: []string{`^quarantine +[0-9a-f]{16} .*s3://logs/app/0$`},
		},
		{
			name: "verify the quarantine", args: []string{"spool", "verify", "DIR/store"}, code: 1,
			stdout: []string{`is in quarantine: 1 records`},
		},
	})
	if s3.Object("elsewhere/app/0") == nil {
		t.Error("what could be read was not stored")
	}
}

// TestPushWithCABundle: AWS_CA_BUNDLE names the authority of a server's certificate,
// as for the plugin.
func TestPushWithCABundle(t *testing.T) {
	dir, s3 := newSpoolDir(t), s3test.Start(t)
	secure := withTLS(t, s3.URL)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), authority, 0o600); err != nil {
		t.Fatal(err)
	}
	push := []string{"spool", "push", "--set", "endpoint=" + secure.URL, "DIR/store"}
	checkAll(t, dir, []example{
		{name: "without", env: keys, args: push, code: 1, stderr: []string{`certificate signed by unknown authority`}},
		{
			name: "with", env: keys.and(vars{"AWS_CA_BUNDLE": "DIR/ca.pem"}), args: push,
			stdout: []string{`^DIR/store/out: 2 segments uploaded, 0 left$`},
		},
	})
	if got := s3.Len(); got != 2 {
		t.Errorf("%d objects were stored, want 2", got)
	}
}

// withTLS starts a TLS server in front of another. Over TLS bodies are signed
// without their hash, which s3test wants.
func withTLS(t *testing.T, behind string) *httptest.Server {
	t.Helper()
	at, err := url.Parse(behind)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(at)
		body, err := io.ReadAll(r.In.Body)
		if err != nil {
			return // s3test finds that the rest is missing
		}
		sum := sha256.Sum256(body)
		r.Out.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
		r.Out.Body = io.NopCloser(bytes.NewReader(body))
	}})
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that do not trust it are the point
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}
