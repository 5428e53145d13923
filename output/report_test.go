package output_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"sluice/creds"
	"sluice/output"
	"sluice/output/s3test"
	"sluice/output/status"
)

// A status counts what was stored and asked, and shows what waits.
func TestStatus(t *testing.T) {
	r := newRig(t)
	out := r.open("upload_timeout=1h", "store_dir_limit_size=1G")
	r.flush(out, "app", many(1000))
	r.flush(out, "web", many(1000))
	s := out.Status()
	if s.Segments != 2 || s.SpoolBytes == 0 || s.SpoolLimit != 1e9 || s.OldestUnsent <= 0 || s.UploadTimeout != 3600 ||
		!s.OK || s.Since.IsZero() || s.Process != os.Getpid() || s.Objects["ok"] != 0 || !s.LastStored.IsZero() {
		t.Errorf("while chunks wait: %+v", s)
	}
	r.close(out, plenty)
	s = out.Status()
	size := int64(len(r.s3.Text()))
	if s.Segments != 0 || s.OldestUnsent != 0 || s.Objects["ok"] != 2 || s.StoredBytes != size || s.Records != 2 ||
		s.Requests["PutObject"]["ok"] != 2 || s.LastStored.IsZero() || s.ObjectBytes.Count != 2 ||
		s.ObjectBytes.Sum != float64(size) || s.UploadSeconds.Count != 2 ||
		s.CredentialsSource != "static" || s.CredentialsExpiry != status.Never {
		t.Errorf("when all is stored (%d bytes): %+v", size, s)
	}
}

// What is wrong is in the status with its remedy while it is wrong, and one line says that it
// is over.
func TestOutageInStatus(t *testing.T) {
	r := newRig(t)
	r.s3.SetFault(func(w http.ResponseWriter, _ *http.Request) bool {
		s3test.Fail(w, http.StatusForbidden, "AccessDenied")
		return true
	})
	out := r.open("upload_timeout=1s", "auto_retry_requests=off")
	r.flush(out, "app", many(1000))
	r.wait("failure", func() bool { return !out.Status().OK })
	s := out.Status()
	if s.LastError != "PutObject: AccessDenied: by the test" || !strings.HasPrefix(s.Remedy, "allow s3:PutObject") ||
		s.Failures() == 0 || s.Requests["PutObject"]["denied"] == 0 {
		t.Errorf("while uploads are denied: %+v", s)
	}
	line := `msg="allow s3:PutObject for these credentials, in their policy and the bucket's: upload failed`
	if !strings.Contains(r.log.String(), line) {
		t.Errorf("no line with %s", line)
	}
	r.s3.SetFault(nil)
	r.wait("recovery", func() bool { return out.Status().OK })
	if s = out.Status(); s.LastError != "" || s.Remedy != "" || s.Segments != 0 {
		t.Errorf("afterwards: %+v", s)
	}
	r.close(out, plenty)
	if n := strings.Count(r.log.String(), "uploads work again"); n != 1 {
		t.Errorf("%d lines say that uploads work again, want 1", n)
	}
}

// A full spool is told with its remedy and counted, and so is its end.
func TestFullSpoolInStatus(t *testing.T) {
	r := newRig(t)
	out := r.open("upload_timeout=1h", "store_dir_limit_size=4K", "total_file_size=1M")
	chunk := many(3000)
	r.flush(out, "app", chunk)
	err := out.Flush("web", chunk)
	if err == nil || !strings.HasPrefix(err.Error(), "raise store_dir_limit_size") {
		t.Errorf("Flush to a full spool: %v", err)
	}
	s := out.Status()
	if s.OK || s.Deferred["spool_full"] != 1 || !strings.HasPrefix(s.Remedy, "raise store_dir_limit_size") {
		t.Errorf("when the spool is full: %+v", s)
	}
	r.wait("room", func() bool { return out.Flush("web", many(1000)) == nil }) // a full spool is shipped
	if s := out.Status(); !s.OK {
		t.Errorf("when there is room again: %+v", s)
	}
	r.close(out, plenty)
}

// At start, one line says that objects can be stored, or why not, without storing anything.
func TestReportStart(t *testing.T) {
	for name, c := range map[string]struct {
		fault    s3test.Fault
		identify output.Identify
		want     []string // of the line
		ok       bool
	}{
		"ready": {
			identify: func(context.Context, creds.Credentials) (string, error) {
				return "arn:aws:iam::123456789012:user/u", nil
			},
			want: []string{"level=INFO", `msg="ready: the first object comes at `, "region=us-east-1",
				"identity=arn:aws:iam::123456789012:user/u"}, ok: true,
		},
		"STS may not be asked": {
			identify: func(context.Context, creds.Credentials) (string, error) { return "", errors.New("denied") },
			want:     []string{"level=INFO", `msg="ready: `}, ok: true,
		},
		"no bucket": {
			fault: answer(http.StatusNotFound, "NoSuchBucket"),
			want: []string{"level=ERROR", `msg="create the bucket, or correct the property bucket: objects cannot ` +
				`be stored yet; chunks are kept in the spool"`, `error="UploadPart: NoSuchBucket: `},
		},
		"another server's way to say that there is no such upload": {
			fault: answer(http.StatusBadRequest, "InvalidUploadThing"),
			want:  []string{"level=INFO", "ready"}, ok: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.s3.SetFault(c.fault)
			out := r.open()
			defer r.close(out, plenty)
			out.ReportStart(t.Context(), c.identify)
			for _, part := range c.want {
				if !strings.Contains(r.log.String(), part) {
					t.Errorf("no %s in the log", part)
				}
			}
			if s := out.Status(); s.OK != c.ok || s.OK != (s.Remedy == "") {
				t.Errorf("status: %+v", s)
			}
			if r.s3.Len() > 0 || r.s3.Uploads() > 0 {
				t.Error("the probe has left something")
			}
		})
	}
}

// answer is a fault that answers every request in the same way.
func answer(status int, code string) s3test.Fault {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		s3test.Fail(w, status, code)
		return true
	}
}

// What was wrong at start is over with the first object.
func TestNotReadyEnds(t *testing.T) {
	r := newRig(t)
	r.s3.SetFault(answer(http.StatusNotFound, "NoSuchBucket"))
	out := r.open("upload_timeout=1s")
	out.ReportStart(t.Context(), nil)
	r.s3.SetFault(nil)
	r.flush(out, "app", many(1000))
	r.wait("the first object", func() bool { return out.Status().OK })
	r.close(out, plenty)
	if !strings.Contains(r.log.String(), "uploads work again") {
		t.Error("no line says that uploads work")
	}
}

// A folder that no process has open tells what waits in it.
func TestFolderStatus(t *testing.T) {
	r := newRig(t)
	r.s3.SetFault(answer(http.StatusForbidden, "AccessDenied"))
	out := r.open()
	r.flush(out, "app", many(1000))
	r.close(out, time.Second)
	s, err := output.FolderStatus(r.dir, time.Now().Add(time.Hour))
	if err != nil || s.Running || s.OK || s.Segments != 1 || s.SpoolBytes == 0 || s.Bucket != "b" ||
		s.OldestUnsent < 3600 ||
		!strings.Contains(s.Remedy, "sluice spool push "+r.dir) {
		t.Errorf("with a segment: %+v, %v", s, err)
	}
	r.s3.SetFault(nil)
	r.close(r.open(), plenty)
	if s, err = output.FolderStatus(r.dir, time.Now()); err != nil || !s.OK || s.Segments != 0 {
		t.Errorf("when it is stored: %+v, %v", s, err)
	}
}
