// Package wire tests what reaches a server for each setting: the host, the operations and their headers, or the refusal
// at the start. The output runs as in Fluent Bit, behind a CONNECT proxy.
package wire

import (
	"bytes"
	"cmp"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/minio/crc64nvme"

	"sluice/creds/standard"
	"sluice/output"
	"sluice/setup"
	"sluice/test/testenv"
)

// world is what all rows share.
var world struct {
	recorder *recorder
	caFile   string
}

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "sluice-wire-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		world.caFile = filepath.Join(dir, "ca.pem")
		var proxy string
		if world.recorder, proxy, err = newRecorder(world.caFile); err != nil {
			panic(err)
		}
		// net/http reads these once.
		for name, value := range map[string]string{"HTTPS_PROXY": proxy, "NO_PROXY": "", "no_proxy": ""} {
			if err := os.Setenv(name, value); err != nil {
				panic(err)
			}
		}
		return m.Run()
	}())
}

// row is a setting, and what follows from it.
type row struct {
	settings string // key=value, spaces between
	env      string // likewise
	refused  string // in the error; "" if the settings are taken

	host       string // that is dialled; default: that of bucket logs in us-east-1
	path       string // default: /app.orders/k
	operations string // default: PutObject
	scope      string // algorithm, region and service; default: SigV4 in us-east-1 for s3
	// headers of the requests that store: "Name: value", "Name: *" for any value, "Name:" for one that is absent; with
	// "Operation/" before it, of that operation alone.
	headers []string
	large   bool // an object of several parts
}

func TestWire(t *testing.T) {
	rows := 0
	for _, table := range [][]row{hosts, regions, accessPoints, directories, servers, encryption, labels, checksums,
		access, parts} {
		for _, each := range table {
			name := strings.TrimSpace(each.settings + " " + each.env)
			name = strings.ReplaceAll(name, testenv.RoleKeys().SessionToken, "token") // no log shows one
			t.Run(cmp.Or(name, "nothing set"), func(t *testing.T) { each.run(t) })
			rows++
		}
	}
	if rows < 130 {
		t.Errorf("%d rows, want 130", rows)
	}
	t.Logf("%d rows", rows)
}

// run opens an output, gives it a chunk, and looks at what comes.
func (r row) run(t *testing.T) {
	world.recorder.take()
	err := r.ship(t)
	got := world.recorder.take()
	if r.refused != "" {
		if err == nil || !strings.Contains(err.Error(), r.refused) || len(got) > 0 {
			t.Errorf("%v after %d requests, want %q", err, len(got), r.refused)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	operation := "PutObject"
	if r.large {
		operation = "CreateMultipartUpload UploadPart CompleteMultipartUpload"
	}
	if names := operations(got); names != cmp.Or(r.operations, operation) {
		t.Errorf("operations %s, want %s", names, cmp.Or(r.operations, operation))
	}
	for _, each := range got {
		r.compare(t, each)
	}
	compareWhole(t, got)
}

// compareWhole computes the checksum of an object that came in parts.
func compareWhole(t *testing.T, got []request) {
	t.Helper()
	const header = "X-Amz-Checksum-Crc64nvme"
	var parts []request
	for _, each := range got {
		if each.operation == "UploadPart" {
			parts = append(parts, each)
		}
	}
	slices.SortFunc(parts, func(a, b request) int { return cmp.Compare(a.number(), b.number()) })
	whole := crc64nvme.New()
	for _, each := range parts {
		whole.Write(each.body)
	}
	for _, each := range got {
		sent := each.Header.Get(header)
		if each.operation == "CompleteMultipartUpload" && sent != "" && sent != sum(whole, nil) {
			t.Errorf("%s is %s, and of the object %s", header, sent, sum(whole, nil))
		}
	}
}

// number is that of a part.
func (r *request) number() int {
	n, _ := strconv.Atoi(r.URL.Query().Get("partNumber"))
	return n
}

// compare looks at one request.
func (r row) compare(t *testing.T, got request) {
	t.Helper()
	for _, rule := range got.broken {
		t.Error(rule)
	}
	host := cmp.Or(r.host, "logs.s3.us-east-1.amazonaws.com") + ":443"
	if strings.Count(host, ":") > 1 {
		host = r.host
	}
	if got.dialled != host {
		t.Errorf("%s dials %s, want %s", got.operation, got.dialled, host)
	}
	if got.operation == "CreateSession" {
		return
	}
	if path := cmp.Or(r.path, "/app.orders/k"); path != "*" && got.URL.Path != path {
		t.Errorf("%s %s, want %s", got.operation, got.URL.Path, path)
	}
	scope := strings.Join([]string{got.signed.Algorithm, got.signed.Region, got.signed.Service}, " ")
	if want := cmp.Or(r.scope, v4+" us-east-1 s3"); scope != want {
		t.Errorf("%s is signed for %s, want %s", got.operation, scope, want)
	}
	for _, line := range r.headers {
		compareHeader(t, got, line)
	}
}

// compareHeader looks for a line of a row.
func compareHeader(t *testing.T, got request, line string) {
	t.Helper()
	if operation, rest, found := strings.Cut(line, "/"); found && isOperation(operation) {
		if operation != got.operation {
			return
		}
		line = rest
	}
	name, want, _ := strings.Cut(line, ":")
	want = strings.TrimSpace(want)
	switch value := strings.Join(got.Header.Values(name), "|"); {
	case want == "*" && value != "":
	case value != want:
		t.Errorf("%s has %s: %q, want %q", got.operation, name, value, want)
	}
}

func isOperation(text string) bool { return text != "" && !strings.ContainsAny(text, ": -") }

// ship parses the settings, and ships a chunk with them.
func (r row) ship(t *testing.T) error {
	dir := t.TempDir()
	owner := testenv.OwnerKeys()
	env := map[string]string{"AWS_ACCESS_KEY_ID": owner.AccessKeyID, "AWS_SECRET_ACCESS_KEY": owner.SecretAccessKey,
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "testdata/config"}
	properties := map[string]string{"bucket": "logs", "s3_key_format": "/$TAG/k", "static_file_path": "true",
		"ca_file": world.caFile, "store_dir": dir}
	set(env, r.env)
	set(properties, r.settings)
	sources := standard.NewSources(standard.Environment{Getenv: func(name string) string { return env[name] }})
	defer sources.Close()
	lookup := func(name string) (string, bool) { value, is := properties[name]; return value, is }
	cfg, err := setup.Parse(lookup, sources)
	if err != nil {
		return err
	}
	var log bytes.Buffer
	out, err := output.New(output.Options{Config: cfg, Dir: filepath.Join(dir, "spool"),
		Credentials: sources.Provider(setup.Credentials(cfg)), FindRegion: setup.FindRegion(cfg, sources),
		Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		return err
	}
	chunk := record("one")
	if r.large {
		chunk = bytes.Repeat(record(strings.Repeat("x", 1000)), 11_000)
	}
	if err := out.Flush("app.orders", chunk); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := out.Close(ctx, 0); err != nil || strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("close: %v, log:\n%s", err, log.String())
	}
	return nil
}

// set adds key=value settings.
func set(to map[string]string, settings string) {
	for _, each := range strings.Fields(settings) {
		name, value, _ := strings.Cut(each, "=")
		to[name] = value
	}
}

// record is a record of Fluent Bit's with one member.
func record(text string) []byte {
	return append([]byte{0x92, 0x05, 0x81, 0xa1, 'm', 0xda, byte(len(text) >> 8), byte(len(text))}, text...)
}
