package output_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/output/s3test"
)

// header returns a header of the request that stored an object whose key begins so.
func (r *rig) header(prefix, name string) string {
	r.t.Helper()
	for _, request := range r.s3.Requests() {
		if path, found := strings.CutPrefix(request, "put /"); found && strings.HasPrefix(path, "b/"+prefix) {
			if o := r.s3.Object(path); o != nil {
				return o.Header.Get(name)
			}
		}
	}
	r.t.Errorf("no object begins with %s", prefix)
	return ""
}

// Tags and metadata have the tag's parts, and chunks that differ in them share no object.
func TestTagParts(t *testing.T) {
	r := newRig(t)
	out := r.open("tags=team=$TAG[1]&kind=a%3Db", "metadata=whole=$TAG", "s3_key_format=/$TAG[0]/$UUID")
	for _, tag := range []string{"app.orders", "app.{b}ills", "app.orders"} {
		r.flush(out, tag, record("x"))
	}
	long := "app." + strings.Repeat("\u00e4\n", 2000)
	r.flush(out, long, record("x"))
	r.close(out, plenty)
	if r.s3.Len() != 3 {
		t.Fatalf("%d objects, want 3", r.s3.Len())
	}
	seen := map[string]bool{}
	for _, request := range r.s3.Requests() {
		if path, found := strings.CutPrefix(request, "put /"); found {
			h := r.s3.Object(path).Header
			seen[h.Get("X-Amz-Tagging")+" "+h.Get("X-Amz-Meta-Whole")] = true
			if meta := h.Get("X-Amz-Meta-Whole"); len(meta)+len("whole") > 2048 {
				t.Errorf("metadata of %d bytes", len(meta))
			}
		}
	}
	if !seen["kind=a%3Db&team=orders app.orders"] || !seen["kind=a%3Db&team=_b_ills app.{b}ills"] {
		t.Errorf("tags and metadata: %v", seen)
	}
}

// An object gets the attributes of the configuration that its data came under.
func TestRecordedAttributes(t *testing.T) {
	r := newRig(t)
	down := func(w http.ResponseWriter, _ *http.Request) bool {
		s3test.Fail(w, http.StatusServiceUnavailable, "SlowDown")
		return true
	}
	r.s3.SetFault(down)
	first := r.open("sse=AES256", "storage_class=STANDARD_IA", "content_encoding=none", "compression=gzip",
		"object_lock_mode=GOVERNANCE", "object_lock_retain=1d", "tags=team=a")
	before := time.Now()
	r.flush(first, "app", record("x"))
	after := time.Now()
	r.close(first, 10*time.Millisecond)
	r.s3.SetFault(nil)
	r.close(r.open("storage_class=GLACIER"), plenty)
	until, err := time.Parse(time.RFC3339, r.header("app/", "X-Amz-Object-Lock-Retain-Until-Date"))
	const day = 24 * time.Hour
	if err != nil || until.Before(before.Add(day).Truncate(time.Second)) || until.After(after.Add(day)) {
		t.Errorf("the lock ends at %v, %v, want a day after %v", until, err, before)
	}
	for name, want := range map[string]string{
		"X-Amz-Server-Side-Encryption": "AES256", "X-Amz-Storage-Class": "STANDARD_IA", "Content-Encoding": "",
		"X-Amz-Object-Lock-Mode": "GOVERNANCE", "X-Amz-Tagging": "team=a",
	} {
		if got := r.header("app/", name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if r.header("app/", "Content-Md5") == "" {
		t.Error("a locked object is sent without a checksum")
	}
}

// What S3 refuses is stored as the corrected configuration says: the remedy in the log works.
func TestCorrectedAttributes(t *testing.T) {
	r := newRig(t)
	r.s3.SetFault(func(w http.ResponseWriter, q *http.Request) bool {
		if q.Header.Get("X-Amz-Storage-Class") != "WRONG" {
			return false
		}
		s3test.Fail(w, http.StatusBadRequest, "InvalidStorageClass")
		return true
	})
	first := r.open("storage_class=WRONG", "tags=team=$TAG", "upload_timeout=1s")
	r.flush(first, "app", record("x"))
	r.wait("failure", func() bool { return !first.Status().OK })
	if s := first.Status(); s.Remedy != "correct the property storage_class" {
		t.Errorf("status: %+v", s)
	}
	r.close(first, time.Second)
	r.close(r.open("storage_class=GLACIER", "tags=team=$TAG"), plenty)
	if class, tags := r.header("app/", "X-Amz-Storage-Class"), r.header("app/", "X-Amz-Tagging"); class != "GLACIER" ||
		tags != "team=app" {
		t.Errorf("class %s, tags %s", class, tags)
	}
	if !strings.Contains(r.log.String(), "attributes of the corrected configuration") {
		t.Error("nothing is said about it")
	}
}

// A key for SSE-C that can no longer be read keeps the data in the spool, and is not quoted.
func TestCustomerKeyIsGone(t *testing.T) {
	r := newRig(t)
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(strings.Repeat("k", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	out := r.open("sse_customer_key_file="+file, "upload_timeout=1s", "endpoint=https://127.0.0.1:1")
	r.flush(out, "app", record("x"))
	if err := os.WriteFile(file, []byte("SECRET"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.wait("failure", func() bool { return !out.Status().OK })
	r.close(out, time.Second)
	if len(r.segments()) != 1 {
		t.Errorf("segments: %v", r.segments())
	}
	if log := r.log.String(); strings.Contains(log, "SECRET") || !strings.Contains(log, "openssl rand") {
		t.Error("the log quotes the key, or has no remedy")
	}
}
