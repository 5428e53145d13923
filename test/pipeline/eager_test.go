package pipeline

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"sluice/output"
	"sluice/test/testenv"
)

// wait waits until something is so.
func (r *rig) wait(what string, so func() bool) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), plenty)
	defer cancel()
	if err := testenv.Wait(ctx, nil, so); err != nil {
		r.t.Fatalf("%s: %v", what, err)
	}
}

// grow gives a segment eighteen megabytes that are shipped before it is sealed: an upload is begun, and two parts
// are there. The second half comes when the first has become a part: it is encoded apart then, however slow that is.
func (r *rig) grow(out *output.Output, seen *behind) (lines string) {
	r.t.Helper()
	chunk, lines := noise(3_000_000)
	for parts := 1; parts <= 2; parts++ {
		for range 3 {
			r.flush(out, "app", chunk)
		}
		r.wait("no parts come before the segment is sealed", func() bool {
			return strings.Count(seen.String(), "part 200") >= parts
		})
	}
	if len(r.objects()) > 0 {
		r.t.Error("the segment was sealed")
	}
	return strings.Repeat(lines, 6)
}

// What an active segment has is shipped before it is sealed, and what comes later goes into the same object.
func TestEager(t *testing.T) {
	r := newRig(t)
	seen := r.front.watch(nil)
	out := r.open()
	lines := r.grow(out, seen)
	r.flush(out, "app", record("the last one"))
	r.flush(out, "web", record("other"))
	r.close(out, plenty)
	if got := r.objects(); len(got) != 2 || got["app/0"] != lines+line("the last one") ||
		got["web/1"] != line("other") {
		t.Errorf("%d objects, of %d and %d bytes", len(got), len(got["app/0"]), len(got["web/1"]))
	}
	if n := strings.Count(seen.String(), "create 200"); n != 1 {
		t.Errorf("%d uploads were begun", n)
	}
}

// An upload that fails before its segment is sealed begins again once it is sealed.
func TestEagerFails(t *testing.T) {
	r := newRig(t)
	var givenUp atomic.Bool
	r.front.watch(func(w http.ResponseWriter, req *http.Request) bool {
		if kind(req) == "abort" {
			givenUp.Store(true)
		}
		if kind(req) != "part" || givenUp.Load() {
			return false
		}
		http.Error(w, "<Error><Code>BadDigest</Code></Error>", http.StatusBadRequest)
		return true
	})
	out := r.open()
	chunk, lines := noise(3_000_000)
	flushed := 0
	for ; flushed < 12; flushed++ { // a part's failure shows when there is another one
		r.flush(out, "app", chunk)
	}
	r.wait("the upload is not given up", givenUp.Load)
	r.close(out, plenty)
	if got := r.objects(); len(got) != 1 || got["app/0"] != strings.Repeat(lines, flushed) {
		t.Errorf("%d objects, one of %d bytes", len(got), len(got["app/0"]))
	}
	if uploads := r.uploads(); len(uploads) > 0 {
		t.Errorf("uploads are left behind: %v", uploads)
	}
}

// A stop without time leaves the segment to the next start, and no upload behind.
func TestEagerStopped(t *testing.T) {
	r := newRig(t)
	seen := r.front.watch(nil)
	out := r.open(ownKeys)
	lines := r.grow(out, seen)
	r.close(out, 0)
	if got := r.objects(); len(got) > 0 {
		t.Errorf("there are objects: %d", len(got))
	}
	r.close(r.open(ownKeys), plenty)
	r.wantOne(lines)
	if uploads := r.uploads(); len(uploads) > 0 {
		t.Errorf("uploads are left behind: %v", uploads)
	}
}

// Objects have total_file_size as they are stored, from the first one on.
func TestAheadSealsBySizeStored(t *testing.T) {
	const size = 10_500_000
	r := newRig(t)
	seen := r.front.watch(nil)
	out := r.open("compression=gzip", "total_file_size=10500000")
	chunk, lines := noise(2_000_000)
	const flushed, first = 20, 8 // four megabytes and a block may wait to be encoded, and the rest still fills a part
	for n := range flushed {
		r.flush(out, "app", chunk)
		if n == first-1 { // the encoder keeps up
			r.wait("nothing is shipped", func() bool { return strings.Contains(seen.String(), "part 200") })
		}
	}
	r.close(out, plenty)
	list, err := r.bucket.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list[:2] {
		if o.Size < size*8/10 || o.Size > size*12/10 {
			t.Errorf("%s has %d bytes", o.Key, o.Size)
		}
	}
	var all strings.Builder
	objects := r.objects()
	for _, o := range list {
		all.WriteString(objects[o.Key])
	}
	if all.String() != strings.Repeat(lines, flushed) {
		t.Errorf("%d bytes of lines of %d", all.Len(), len(lines)*flushed)
	}
}
