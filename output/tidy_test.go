package output_test

import (
	"net/http"
	"sync/atomic"
	"testing"

	"sluice/output/s3test"
)

// TestTidyingHoldsUpNoCommit: a server that cannot list unfinished uploads has the object; its segment goes, and the
// stream goes on.
func TestTidyingHoldsUpNoCommit(t *testing.T) {
	r := newRig(t)
	var created atomic.Bool
	r.s3.SetFault(func(w http.ResponseWriter, req *http.Request) bool {
		switch s3test.Kind(req) {
		case "create":
			if created.Swap(true) {
				return false
			}
			s3test.Fail(w, http.StatusInternalServerError, "InternalError") // once: there may be two uploads then
		case "list":
			s3test.Fail(w, http.StatusNotImplemented, "NotImplemented")
		default:
			return false
		}
		return true
	})
	out := r.open("upload_timeout=1s")
	r.flush(out, "app", many(11<<20))
	r.wait("the segment is gone", func() bool { return len(r.segments()) == 0 })
	if r.s3.Len() != 1 || r.s3.Count("list") == 0 {
		t.Errorf("%d objects after %q", r.s3.Len(), r.s3.Requests())
	}
	r.close(out, plenty)
}
