package pipeline

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"

	"sluice/creds"
	"sluice/test/testenv"
)

// httpFaults are what S3 may answer.
func httpFaults() []fault {
	answer := func(status int, code string, header ...string) func(*rig) (func() bool, func()) {
		return func(r *rig) (func() bool, func()) { return r.answering(any, 3, status, code, header...) }
	}
	return []fault{
		{name: "503 SlowDown storm", begin: answer(http.StatusServiceUnavailable, "SlowDown")},
		{name: "500 InternalError", begin: answer(http.StatusInternalServerError, "InternalError")},
		{name: "403 AccessDenied, then allowed", begin: answer(http.StatusForbidden, "AccessDenied")},
		{name: "response lost on PutObject", begin: losing("put")},
		{name: "response lost on CreateMultipartUpload", large: true, begin: losing("create")},
		{name: "response lost on UploadPart", large: true, begin: losing("part")},
		{name: "response lost on Complete", large: true, begin: losing("complete")},
		{name: "200 with <Error> on Complete", large: true, begin: func(r *rig) (func() bool, func()) {
			return r.answering(is("complete"), 1, http.StatusOK, "InternalError")
		}},
		// One part at a time: the server answers otherwise if it is writing one while the upload vanishes.
		{name: "NoSuchUpload in the middle", large: true, settings: []string{"upload_part_workers=1"},
			begin: abortedBySomebody},
		{name: "ExpiredToken in a multipart upload", large: true, begin: expiring},
		{name: "bucket missing, then made", begin: missingBucket},
		{name: "301 to another region", settings: []string{"region=eu-west-1"}, begin: redirecting},
		{name: "another region, named in the message", settings: []string{"region=eu-west-1"},
			begin: func(r *rig) (func() bool, func()) {
				seen := r.front.watch(nil)
				return func() bool { return strings.Contains(seen.String(), "put 400") }, func() {}
			}},
	}
}

// which distinguishes requests.
type which func(*http.Request) bool

func any(*http.Request) bool { return true }

func is(what string) which { return func(r *http.Request) bool { return kind(r) == what } }

// answering answers these requests with an error until it is lifted, and was met when it did so often
// enough.
func (r *rig) answering(these which, often int64, status int, code string, header ...string) (met func() bool,
	lift func()) {
	var met64 atomic.Int64
	var lifted atomic.Bool
	r.front.watch(func(w http.ResponseWriter, req *http.Request) bool {
		if lifted.Load() || !these(req) {
			return false
		}
		met64.Add(1)
		for n := 0; n < len(header); n += 2 {
			w.Header().Set(header[n], header[n+1])
		}
		refuse(w, status, code)
		return true
	})
	return func() bool { return met64.Load() >= often }, func() { lifted.Store(true) }
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>by the test</Message></Error>`,
		code)
}

// losing breaks the connection when such a request was done, three times in a row.
func losing(what string) func(*rig) (func() bool, func()) {
	return func(r *rig) (func() bool, func()) {
		var lost atomic.Int64
		r.front.lose = func(req *http.Request) bool { return kind(req) == what && lost.Add(1) <= 3 }
		r.front.watch(nil)
		return func() bool { return lost.Load() > 0 }, func() {}
	}
}

// abortedBySomebody has the upload vanish when it has begun: a lifecycle rule, say. What the server answers then is
// 404, unless the connection breaks first.
func abortedBySomebody(r *rig) (func() bool, func()) {
	var aborted atomic.Int64
	r.front.watch(func(_ http.ResponseWriter, req *http.Request) bool {
		if later := kind(req) == "complete" || req.URL.Query().Get("partNumber") == "3"; !later || aborted.Load() > 0 {
			return false
		}
		n, err := r.bucket.AbortUploads(req.Context())
		if aborted.Add(int64(n)); err != nil {
			r.t.Error(err)
		}
		return false
	})
	return func() bool { return aborted.Load() > 0 }, func() {}
}

// aging are keys that the service takes for expired until they were replaced.
type aging struct {
	first, second creds.Credentials
	replaced      atomic.Bool
}

func (a *aging) Retrieve(context.Context) (creds.Credentials, error) {
	if a.replaced.Load() {
		return a.second, nil
	}
	return a.first, nil
}

func (a *aging) Invalidate(used creds.Credentials) bool {
	return used.AccessKeyID == a.first.AccessKeyID && a.replaced.CompareAndSwap(false, true)
}

func expiring(r *rig) (func() bool, func()) {
	role, owner := testenv.RoleKeys(), testenv.OwnerKeys()
	keys := &aging{
		first: creds.Credentials{AccessKeyID: role.AccessKeyID, SecretAccessKey: role.SecretAccessKey,
			SessionToken: role.SessionToken},
		second: creds.Credentials{AccessKeyID: owner.AccessKeyID, SecretAccessKey: owner.SecretAccessKey},
	}
	r.keys = keys
	r.front.watch(func(w http.ResponseWriter, req *http.Request) bool {
		old := strings.Contains(req.Header.Get("Authorization"), role.AccessKeyID)
		if !old || kind(req) != "part" || req.URL.Query().Get("partNumber") == "1" {
			return false
		}
		io.Copy(io.Discard, req.Body)
		refuse(w, http.StatusBadRequest, "ExpiredToken")
		return true
	})
	return keys.replaced.Load, func() {}
}

// missingBucket has the output write to a bucket that is not there yet.
func missingBucket(r *rig) (func() bool, func()) {
	r.name += "-later"
	r.bucket = server.Bucket(r.name)
	seen := r.front.watch(nil)
	return func() bool { return strings.Contains(seen.String(), "put 404") }, func() {
		if err := r.bucket.Create(r.t.Context()); err != nil {
			r.t.Error(err)
		}
	}
}

// redirecting answers as S3 does to who asks the wrong region.
func redirecting(r *rig) (func() bool, func()) {
	met, _ := r.answering(func(req *http.Request) bool {
		return !strings.Contains(req.Header.Get("Authorization"), "/"+server.Region+"/s3/")
	},
		1, http.StatusMovedPermanently, "PermanentRedirect", "X-Amz-Bucket-Region", server.Region)
	return met, func() {}
}

// segments are those that wait.
func (r *rig) segments() (names []string) {
	for _, pattern := range []string{"*.active", "*.sealed"} {
		found, err := filepath.Glob(filepath.Join(r.dir, pattern))
		if err != nil {
			r.t.Fatal(err)
		}
		names = append(names, found...)
	}
	return names
}
