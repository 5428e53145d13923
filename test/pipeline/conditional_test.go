package pipeline

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// behind is what comes of a request behind the front: its kind and its status.
type behind struct {
	mu   sync.Mutex // guards list
	list []string
}

func (b *behind) add(r *http.Request, status int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list = append(b.list, fmt.Sprint(kind(r), " ", status))
}

func (b *behind) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.list, ", ")
}

// kind names a request by what it asks of S3.
func kind(r *http.Request) string {
	query := r.URL.Query()
	switch {
	case r.Method == http.MethodPut && query.Has("partNumber"):
		return "part"
	case r.Method == http.MethodPut:
		return "put"
	case r.Method == http.MethodPost && query.Has("uploads"):
		return "create"
	case r.Method == http.MethodPost && query.Has("uploadId"):
		return "complete"
	case r.Method == http.MethodDelete:
		return "abort"
	}
	return r.Method
}

// watch has the front pass requests on and note what became of them, after
// fault, which may answer instead.
func (f *front) watch(fault func(w http.ResponseWriter, r *http.Request) (answered bool)) *behind {
	seen := &behind{}
	f.fault = func(w http.ResponseWriter, r *http.Request) {
		if fault != nil && fault(w, r) {
			return
		}
		recorder := final{httptest.NewRecorder()}
		f.proxy.ServeHTTP(recorder, r)
		seen.add(r, recorder.Code)
		if f.lose != nil && f.lose(r) {
			panic(http.ErrAbortHandler) // the connection breaks
		}
		for name, values := range recorder.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(recorder.Code)
		io.Copy(w, recorder.Body)
	}
	return seen
}

// final records an answer without the interim ones (100) before it.
type final struct{ *httptest.ResponseRecorder }

func (f final) WriteHeader(status int) {
	if status >= http.StatusOK {
		f.ResponseRecorder.WriteHeader(status)
	}
}

// once is true at the first request of a kind.
func once(which string) func(*http.Request) bool {
	var first sync.Once
	return func(r *http.Request) (is bool) {
		if kind(r) == which {
			first.Do(func() { is = true })
		}
		return is
	}
}

const ownKeys = "s3_key_format=/$TAG/$UUID"

// ship ships one chunk, and wants it in one object.
func (r *rig) ship(chunk []byte, lines string, settings ...string) {
	r.t.Helper()
	out := r.open(append(settings, ownKeys)...)
	r.flush(out, "app", chunk)
	r.close(out, plenty)
	r.wantOne(lines)
}

func (r *rig) wantOne(lines string) {
	r.t.Helper()
	got := r.objects()
	for _, content := range got {
		if content != lines {
			r.t.Errorf("an object of %d bytes, want %d", len(content), len(lines))
		}
	}
	if len(got) != 1 {
		r.t.Errorf("%d objects, want 1", len(got))
	}
	if log := r.log.String(); strings.Contains(log, "upload failed") {
		r.t.Error("an upload counted as failed")
	}
}

func TestLostAnswers(t *testing.T) {
	large, lines := noise(12_000_000)
	for _, c := range []struct {
		lost  string
		chunk []byte
		lines string
		want  string // the requests that tell
	}{
		{"put", record("one"), line("one"), "put 200, put 412, HEAD 200"},
		{"part", large, lines, "part 200"},
		{"complete", large, lines, "complete 200"},
	} {
		t.Run(c.lost, func(t *testing.T) {
			r := newRig(t)
			r.front.lose = once(c.lost)
			seen := r.front.watch(nil)
			r.ship(c.chunk, c.lines)
			if !strings.Contains(seen.String(), c.want) {
				t.Errorf("requests: %s, want %q in them", seen, c.want)
			}
			if uploads := r.uploads(); len(uploads) > 0 {
				t.Errorf("uploads are left behind: %v", uploads)
			}
		})
	}
}

// A completion whose answer is lost for good is found done by the next upload,
// which leaves nothing of its own behind.
func TestCompletedBefore(t *testing.T) {
	large, lines := noise(12_000_000)
	r := newRig(t)
	r.front.lose = once("complete")
	seen := r.front.watch(nil)
	out := r.open("auto_retry_requests=off", ownKeys)
	r.flush(out, "app", large)
	r.close(out, plenty)
	r.log.Reset()
	r.close(r.open(ownKeys), plenty)
	r.wantOne(lines)
	if !strings.HasSuffix(seen.String(), "complete 412, HEAD 200, abort 204, GET 200") {
		t.Errorf("requests: %s, want the second completion refused, its parts removed, and a look for others", seen)
	}
	if uploads := r.uploads(); len(uploads) > 0 {
		t.Errorf("uploads are left behind: %v", uploads)
	}
}

// What a crash leaves of an upload is removed by the next process.
func TestUnfinishedUploadsAreRemoved(t *testing.T) {
	large, lines := noise(12_000_000)
	r := newRig(t)
	var cut atomic.Bool
	cut.Store(true)
	r.front.watch(func(w http.ResponseWriter, req *http.Request) bool {
		// The process dies, for the server, when its first part has arrived.
		if which := kind(req); cut.Load() && (which == "complete" || which == "abort") {
			panic(http.ErrAbortHandler)
		}
		return false
	})
	out := r.open("auto_retry_requests=off", ownKeys)
	r.flush(out, "app", large)
	r.close(out, plenty)
	if n := len(r.uploads()); n != 1 {
		t.Fatalf("%d unfinished uploads, want 1 to begin with", n)
	}
	cut.Store(false)
	r.log.Reset()
	r.close(r.open(ownKeys), plenty)
	r.wantOne(lines)
	if uploads := r.uploads(); len(uploads) > 0 {
		t.Errorf("uploads are left behind: %v", uploads)
	}
}

// What is under our key is another object, by whatever accident: it stays, and so
// does ours, in the spool.
func TestAnotherObjectIsThere(t *testing.T) {
	r := newRig(t)
	var first sync.Once
	seen := r.front.watch(func(w http.ResponseWriter, req *http.Request) bool {
		if kind(req) == "put" {
			first.Do(func() { r.put(req.URL.Path, "somebody's") })
		}
		return false
	})
	out := r.open(ownKeys)
	r.flush(out, "app", record("one"))
	r.close(out, plenty)
	for key, content := range r.objects() {
		if content != "somebody's" {
			t.Errorf("%s holds %q after %s", key, content, seen)
		}
	}
	if !strings.Contains(r.log.String(), "another object is already there") {
		t.Error("the log does not tell")
	}
	if waiting, _ := filepath.Glob(filepath.Join(r.dir, "*.sealed")); len(waiting) != 1 {
		t.Errorf("%d segments wait, want 1", len(waiting))
	}
}

// Who may write only cannot look: the object is written again, as it was before
// there were conditions.
func TestMayNotLook(t *testing.T) {
	r := newRig(t)
	r.front.lose = once("put")
	seen := r.front.watch(func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method == http.MethodHead {
			w.WriteHeader(http.StatusForbidden)
			return true
		}
		return false
	})
	r.ship(record("one"), line("one"))
	if !strings.HasSuffix(seen.String(), "put 200, put 412, put 200") {
		t.Errorf("requests: %s, want the object written again", seen)
	}
}

// S3 may answer 200 to Complete, and put an error into the body.
func TestErrorInSuccess(t *testing.T) {
	large, lines := noise(12_000_000)
	r := newRig(t)
	first := once("complete")
	seen := r.front.watch(func(w http.ResponseWriter, req *http.Request) bool {
		if !first(req) {
			return false
		}
		io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?>`+
			`<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>`)
		return true
	})
	r.ship(large, lines)
	if !strings.HasSuffix(seen.String(), "complete 200") {
		t.Errorf("requests: %s, want a second completion", seen)
	}
}

func TestServerWithoutConditions(t *testing.T) {
	r := newRig(t)
	var refused atomic.Int64
	r.front.watch(func(w http.ResponseWriter, req *http.Request) bool {
		if req.Header.Get("If-None-Match") == "" {
			return false
		}
		refused.Add(1)
		w.WriteHeader(http.StatusNotImplemented)
		io.WriteString(w, `<Error><Code>NotImplemented</Code>`+
			`<Message>A header you provided implies functionality that is not implemented.</Message></Error>`)
		return true
	})
	out := r.open(ownKeys)
	for _, tag := range []string{"app", "web", "db"} {
		r.flush(out, tag, record("one"))
	}
	r.close(out, plenty)
	if n, asked := len(r.objects()), refused.Load(); n != 3 || asked == 0 || asked > 2 {
		t.Errorf("%d objects after %d refusals, want 3 after one for each upload worker at most", n, asked)
	}
}

// Keys without a UUID may be another writer's: they are written as they always
// were.
func TestForeignKeysAreOverwritten(t *testing.T) {
	r := newRig(t)
	seen := r.front.watch(nil)
	for _, text := range []string{"one", "two"} {
		out := r.open("s3_key_format=/$TAG/same", "static_file_path=on")
		r.flush(out, "app", record(text))
		r.close(out, plenty)
	}
	if got := r.objects(); got["app/same"] != line("two") || strings.Contains(seen.String(), "412") {
		t.Errorf("objects %q after %s, want the last one", got, seen)
	}
}
