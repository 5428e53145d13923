package output_test

import (
	"net/http"
	"strings"
	"testing"

	"sluice/output/s3test"
)

// only has the server know of the bucket b alone.
func only(code string) s3test.Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/b/") {
			return false
		}
		s3test.Fail(w, http.StatusNotFound, code)
		return true
	}
}

// TestCorrectedBucket: what was accepted for a mistyped bucket goes to the one that it is corrected to, with the first
// attempt of the next start, in its order; and nothing waits behind it.
func TestCorrectedBucket(t *testing.T) {
	for mistyped, code := range map[string]string{
		"nosuch":      "NoSuchBucket",
		"my..logs":    "InvalidBucketName",
		"s3://logs/x": "AccessDenied",
	} {
		t.Run(mistyped, func(t *testing.T) {
			r := newRig(t)
			r.s3.SetFault(only(code))
			out := r.open("bucket="+mistyped, "upload_timeout=1s")
			r.flush(out, "app", record("small"))
			r.flush(out, "web", many(11<<20))
			r.wait("it fails", func() bool { return strings.Contains(r.log.String(), "upload failed") })
			r.close(out, 0)
			if len(r.segments()) != 2 || r.s3.Len() != 0 {
				t.Fatalf("segments %v, %d objects", r.segments(), r.s3.Len())
			}
			out = r.open("upload_timeout=1s")
			r.wait("all is stored", func() bool { return len(r.segments()) == 0 && r.s3.Len() == 2 })
			if n := strings.Count(r.log.String(), "goes to b,"); n != 1 {
				t.Errorf("told %d times where it goes", n)
			}
			r.close(out, plenty)
		})
	}
}

// TestOtherBucket: what was accepted for a bucket that exists goes there, whatever is configured now.
func TestOtherBucket(t *testing.T) {
	r := newRig(t)
	out := r.open("bucket=before")
	r.flush(out, "app", record("one"))
	r.close(out, 0)
	r.close(r.open(), plenty)
	for _, request := range r.s3.Requests() {
		if !strings.Contains(request, " /before/") {
			t.Errorf("asked for %s", request)
		}
	}
	if r.s3.Len() != 1 {
		t.Errorf("%d objects", r.s3.Len())
	}
}

// TestDeniedBucket: a bucket that may be there, but is not ours to write to, may have the object already.
func TestDeniedBucket(t *testing.T) {
	r := newRig(t)
	r.s3.SetFault(only("AccessDenied"))
	out := r.open("bucket=before")
	r.flush(out, "app", record("one"))
	r.close(out, 0)
	out = r.open()
	r.close(out, plenty)
	if r.s3.Len() != 0 || len(r.segments()) != 1 {
		t.Errorf("%d objects, segments %v", r.s3.Len(), r.segments())
	}
}
