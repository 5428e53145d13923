// Package pipeline tests package output against a real S3 server that checks
// signatures: what goes into Flush comes out of the bucket.
package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscreds "github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sluice/conf"
	"sluice/creds"
	"sluice/output"
	outputs3 "sluice/output/s3"
	"sluice/spool"
	"sluice/test/testenv"
)

var server *testenv.S3

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "sluice-pipeline-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		if server, err = testenv.StartS3(testenv.S3Config{Dir: dir}); err != nil {
			panic(err)
		}
		defer server.Close()
		return m.Run()
	}())
}

// rig is an output to a bucket of its own.
type rig struct {
	t      *testing.T
	bucket testenv.Bucket
	name   string
	dir    string // of the spool
	log    bytes.Buffer
	front  *front
	keys   creds.Provider
	fs     spool.FS
	dial   outputs3.Dial
}

func newRig(t *testing.T) *rig {
	name := fmt.Sprintf("test-%x", rand.Uint64())
	r := &rig{t: t, name: name, bucket: server.Bucket(name), dir: filepath.Join(t.TempDir(), "spool"),
		front: newFront(t)}
	keys := testenv.OwnerKeys()
	r.keys = creds.Static{Credentials: creds.Credentials{AccessKeyID: keys.AccessKeyID,
		SecretAccessKey: keys.SecretAccessKey}}
	if err := r.bucket.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log:\n%s", r.log.String())
		}
	})
	return r
}

// open starts an output with settings of the form key=value.
func (r *rig) open(settings ...string) *output.Output {
	r.t.Helper()
	all := append(settings, "bucket="+r.name, "endpoint="+r.front.URL, "s3_key_format=/$TAG/$INDEX")
	cfg, err := conf.Parse(func(name string) (string, bool) {
		for _, s := range all {
			if key, value, _ := strings.Cut(s, "="); key == name {
				return value, true
			}
		}
		return "", false
	}, conf.Checks{KeyFormat: output.CheckKeyFormat})
	if err != nil {
		r.t.Fatal(err)
	}
	out, err := output.New(output.Options{Config: cfg, Dir: r.dir, Credentials: r.keys,
		Log: slog.New(slog.NewTextHandler(&r.log, nil)), FS: r.fs, Dial: r.dial})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

func (r *rig) flush(out *output.Output, tag string, chunk []byte) {
	r.t.Helper()
	if err := out.Flush(tag, chunk); err != nil {
		r.t.Fatal(err)
	}
}

// close drains for at most limit; 0 is at once.
func (r *rig) close(out *output.Output, limit time.Duration) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), limit)
	defer cancel()
	if err := out.Close(ctx, 0); err != nil {
		r.t.Fatal(err)
	}
}

const plenty = time.Minute

// objects returns the content of all objects by key.
func (r *rig) objects() map[string]string {
	r.t.Helper()
	list, err := r.bucket.List(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	content := map[string]string{}
	for _, o := range list {
		text, err := r.bucket.Read(r.t.Context(), o.Key)
		if err != nil {
			r.t.Fatal(err)
		}
		content[o.Key] = string(text)
	}
	return content
}

// put stores an object by the path of a request.
func (r *rig) put(path, content string) {
	r.t.Helper()
	if err := r.bucket.Put(r.t.Context(), strings.TrimPrefix(path, "/"+r.name+"/"), content); err != nil {
		r.t.Error(err)
	}
}

// uploads returns the unfinished multipart uploads.
func (r *rig) uploads() []string {
	r.t.Helper()
	uploads, err := r.bucket.Uploads(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return uploads
}

// waitForAnObject waits until there is an object without a stop.
func (r *rig) waitForAnObject() {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), plenty)
	defer cancel()
	if err := testenv.Wait(ctx, nil, func() bool { return len(r.objects()) == 1 }); err != nil {
		r.t.Errorf("no object came by itself: %v", err)
	}
}

// client asks the server as its owner.
func (r *rig) client() *s3.Client {
	keys := testenv.OwnerKeys()
	return s3.New(s3.Options{BaseEndpoint: &server.Endpoint, Region: server.Region, UsePathStyle: true,
		Credentials: awscreds.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, "")})
}

func (r *rig) head(key string) *s3.HeadObjectOutput {
	r.t.Helper()
	head, err := r.client().HeadObject(r.t.Context(), &s3.HeadObjectInput{Bucket: &r.name, Key: &key})
	if err != nil {
		r.t.Fatal(err)
	}
	return head
}

// record is {"m": text} at second 5; text has less than 65536 bytes.
func record(text string) []byte {
	return append([]byte{0x92, 0x05, 0x81, 0xa1, 'm', 0xda, byte(len(text) >> 8), byte(len(text))}, text...)
}

func line(text string) string { return `{"date":"1970-01-01T00:00:05.000000Z","m":"` + text + "\"}\n" }

// noise returns records that do not compress, about n bytes.
func noise(n int) (chunk []byte, lines string) {
	const hex = "0123456789abcdef"
	random := rand.New(rand.NewPCG(1, 2))
	var all strings.Builder
	for len(chunk) < n {
		text := make([]byte, 1000)
		for i := range text {
			text[i] = hex[random.IntN(16)]
		}
		chunk = append(chunk, record(string(text))...)
		all.WriteString(line(string(text)))
	}
	return chunk, all.String()
}

func TestPutObject(t *testing.T) {
	for _, codec := range []string{"none", "gzip", "zstd", "snappy"} {
		r := newRig(t)
		out := r.open("compression="+codec, "content_type=application/x-ndjson", "send_content_md5=on",
			"storage_class=STANDARD", "canned_acl=private")
		r.flush(out, "app", record("one"))
		r.flush(out, "web", record("three"))
		r.flush(out, "app", record("two"))
		r.close(out, plenty)
		got := r.objects()
		if len(got) != 2 || got["app/0"] != line("one")+line("two") || got["web/1"] != line("three") {
			t.Errorf("%s: objects are %q", codec, got)
		}
		head := r.head("app/0")
		if encoding := aws.ToString(head.ContentEncoding); (codec == "none" && encoding != "") ||
			(codec != "none" && encoding != codec) || aws.ToString(head.ContentType) != "application/x-ndjson" {
			t.Errorf("%s: Content-Encoding %q, Content-Type %q", codec, encoding, aws.ToString(head.ContentType))
		}
		if left := r.segments(); len(left) > 0 {
			t.Errorf("%s: the spool still has %v", codec, left)
		}
	}
}

func TestLargeObjects(t *testing.T) {
	chunk, lines := noise(12_000_000)
	for _, c := range []struct {
		settings []string
		parts    string // suffix of the ETag
	}{
		{[]string{"send_content_md5=on"}, `-3"`},
		{[]string{"use_put_object=on"}, ""},
	} {
		r := newRig(t)
		out := r.open(c.settings...)
		r.flush(out, "app", chunk)
		r.close(out, plenty)
		if got := r.objects(); got["app/0"] != lines {
			t.Errorf("%v: object has %d bytes of %d, or others", c.settings, len(got["app/0"]), len(lines))
		}
		if etag := aws.ToString(r.head("app/0").ETag); strings.Contains(etag, "-") != (c.parts != "") ||
			!strings.HasSuffix(etag, c.parts) {
			t.Errorf("%v: ETag is %s, want %s at its end", c.settings, etag, c.parts)
		}
	}
}

func TestSealBySize(t *testing.T) {
	chunk, lines := noise(600_000)
	r := newRig(t)
	out := r.open("total_file_size=1M")
	for range 4 {
		r.flush(out, "app", chunk)
	}
	r.close(out, plenty)
	if got := r.objects(); len(got) != 2 || got["app/0"] != lines+lines || got["app/1"] != lines+lines {
		t.Errorf("%d objects, want two of two chunks each", len(got))
	}
}

func TestSealByAge(t *testing.T) {
	r := newRig(t)
	out := r.open("upload_timeout=1s")
	r.flush(out, "app", record("one"))
	r.waitForAnObject()
	r.close(out, plenty)
}

// fullDisk has no room for the second write to each file, once: the first is the
// segment's header, the second its first frame.
type fullDisk struct {
	spool.OS
	full atomic.Bool
}

func (d *fullDisk) Create(name string) (spool.File, error) {
	f, err := d.OS.Create(name)
	return &fullFile{File: f, disk: d}, err
}

type fullFile struct {
	spool.File
	disk   *fullDisk
	writes int
}

func (f *fullFile) WriteAt(b []byte, off int64) (int, error) {
	if f.writes++; f.writes > 1 && f.disk.full.CompareAndSwap(true, false) {
		return 0, syscall.ENOSPC
	}
	return f.File.WriteAt(b, off)
}

// TestSealByAgeAfterAFullDisk: the first chunk of a segment is refused, the next
// one is accepted, and ships when it is old enough.
func TestSealByAgeAfterAFullDisk(t *testing.T) {
	r := newRig(t)
	disk := &fullDisk{}
	disk.full.Store(true)
	r.fs = disk
	out := r.open("upload_timeout=1s")
	if err := out.Flush("app", record("refused")); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("Flush on a full disk = %v", err)
	}
	r.flush(out, "app", record("one"))
	r.waitForAnObject()
	r.close(out, plenty)
	if got := r.objects(); got["app/0"] != line("one") {
		t.Errorf("objects are %q", got)
	}
}

// refused are keys that S3 does not know, until they are invalidated.
type refused struct {
	creds.Provider
	told atomic.Int64
}

func (r *refused) Retrieve(ctx context.Context) (creds.Credentials, error) {
	c, err := r.Provider.Retrieve(ctx)
	if r.told.Load() == 0 {
		c.AccessKeyID = "AKIAI44QH8DHBEXAMPLE"
	}
	return c, err
}

func (r *refused) Invalidate(creds.Credentials) bool { return r.told.Add(1) > 0 }

func TestRefusedCredentialsAreAskedForAnew(t *testing.T) {
	r := newRig(t)
	keys := &refused{Provider: r.keys}
	r.keys = keys
	out := r.open("upload_timeout=1s")
	r.flush(out, "app", record("one"))
	r.waitForAnObject()
	r.close(out, plenty)
	if n := keys.told.Load(); n != 1 {
		t.Errorf("the source was told %d times, want once", n)
	}
	// The request was made again by itself, before the upload counted as failed.
	if log := r.log.String(); strings.Contains(log, "upload failed") ||
		!strings.Contains(log, "S3 refused the credentials") {
		t.Errorf("the log tells of a failure, or not of the refusal:\n%s", log)
	}
}

// TestStopInTheMiddle: a stop that has no time ships nothing and loses nothing.
func TestStopInTheMiddle(t *testing.T) {
	chunk, lines := noise(12_000_000)
	r := newRig(t)
	out := r.open("use_put_object=on", "compression=gzip", "compression_level=9")
	r.flush(out, "app", chunk)
	r.close(out, time.Nanosecond)
	if n := len(r.objects()); n != 0 {
		t.Fatalf("%d objects after a stop without time", n)
	}
	r.close(r.open(), plenty)
	if got := r.objects(); got["app/0"] != lines {
		t.Errorf("the next start shipped %d bytes of %d", len(got["app/0"]), len(lines))
	}
}

func TestQuarantineLimit(t *testing.T) {
	r := newRig(t)
	out := r.open("quarantine_dir_limit_size=10")
	r.flush(out, "app", append(record("one"), 0x93, 1, 2, 3))
	r.close(out, plenty)
	if kept, _ := filepath.Glob(filepath.Join(r.dir, "quarantine", "*.segment")); len(kept) != 0 {
		t.Errorf("%v is in a quarantine without room", kept)
	}
	if got := r.objects(); got["app/0"] != line("one") ||
		!strings.Contains(r.log.String(), "quarantine_dir_limit_size is reached") {
		t.Errorf("objects are %q", got)
	}
}

// front stands before the S3 server and can fail requests.
type front struct {
	*httptest.Server
	fail atomic.Int64 // how many requests to fail
	seen atomic.Int64 // how many were failed
	all  atomic.Int64 // requests that came

	proxy http.Handler
	fault http.HandlerFunc           // in place of the proxy; set before the first request
	lose  func(r *http.Request) bool // reports whether to lose the answer to a request that was carried out
}

func newFront(t *testing.T) *front {
	target, err := url.Parse(server.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	f := &front{proxy: httputil.NewSingleHostReverseProxy(target)}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.all.Add(1)
		if f.fail.Add(-1) >= 0 {
			f.seen.Add(1)
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		if f.fault != nil {
			f.fault(w, r)
			return
		}
		f.proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

func TestFailingServer(t *testing.T) {
	r := newRig(t)
	out := r.open("auto_retry_requests=off")
	r.front.fail.Store(2)
	r.flush(out, "app", record("one"))
	r.close(out, plenty) // one try: fails
	if len(r.objects()) != 0 || r.front.seen.Load() != 1 {
		t.Fatalf("objects %v after %d failed requests", r.objects(), r.front.seen.Load())
	}
	out = r.open("auto_retry_requests=on")
	r.flush(out, "app", record("two"))
	r.close(out, plenty)
	if got := r.objects(); got["app/0"] != line("one") || got["app/1"] != line("two") || len(got) != 2 {
		t.Errorf("after the failures: %q", got)
	}
}

func TestRetryLimit(t *testing.T) {
	for action, wantKept := range map[string]int{"quarantine": 1, "delete": 0} {
		r := newRig(t)
		r.front.fail.Store(1)
		out := r.open("auto_retry_requests=off", "upload_retry_limit=0", "retry_exhausted_action="+action)
		r.flush(out, "app", record("one"))
		r.close(out, plenty)
		kept, _ := filepath.Glob(filepath.Join(r.dir, "quarantine", "*.segment"))
		waiting, _ := filepath.Glob(filepath.Join(r.dir, "*.sealed"))
		if len(kept) != wantKept || len(waiting) != 0 || len(r.objects()) != 0 {
			t.Errorf("%s: %d in quarantine, %d waiting, %d objects", action, len(kept), len(waiting), len(r.objects()))
		}
		if !strings.Contains(r.log.String(), "level=ERROR") {
			t.Errorf("%s: no error is logged", action)
		}
	}
}

type noKeys struct{}

func (noKeys) Retrieve(context.Context) (creds.Credentials, error) {
	return creds.Credentials{}, errors.New("no keys yet")
}

func TestWithoutCredentialsDataIsKept(t *testing.T) {
	r := newRig(t)
	keys := r.keys
	r.keys = noKeys{}
	out := r.open()
	r.flush(out, "app", record("one"))
	r.close(out, plenty)
	if !strings.Contains(r.log.String(), "no keys yet") {
		t.Error("the log does not say why")
	}
	r.keys = keys
	r.close(r.open(), plenty)
	if got := r.objects(); len(got) != 1 || got["app/0"] != line("one") {
		t.Errorf("objects are %q", got)
	}
}

func TestUnreadableRecords(t *testing.T) {
	r := newRig(t)
	out := r.open()
	chunk := bytes.Join([][]byte{record("one"), {0x93, 1, 2, 3}, record("two"), {0xc1}, record("lost")}, nil)
	r.flush(out, "app", chunk)
	r.flush(out, "app", record("three"))
	r.close(out, plenty)
	if got := r.objects(); got["app/0"] != line("one")+line("two")+line("three") {
		t.Errorf("objects are %q", got)
	}
	reasons, _ := filepath.Glob(filepath.Join(r.dir, "quarantine", "*.reason"))
	if len(reasons) != 1 {
		t.Fatalf("quarantine has %v", reasons)
	}
	reason, err := os.ReadFile(reasons[0])
	if err != nil || !strings.Contains(string(reason), "array of 3") || !strings.Contains(string(reason), "0xc1") {
		t.Errorf("reason is %q, %v", reason, err)
	}
}

func TestLogKeyMissingEverywhere(t *testing.T) {
	r := newRig(t)
	out := r.open("log_key=nothing")
	r.flush(out, "app", record("one"))
	r.close(out, plenty)
	if len(r.objects()) != 0 || !strings.Contains(r.log.String(), "records without log_key were left out") {
		t.Errorf("objects %v, want none and an error in the log", r.objects())
	}
}
