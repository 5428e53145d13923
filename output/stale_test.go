package output_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"sluice/output/s3test"
)

// TestTidyingHoldsUpNoCommit: a server that cannot list unfinished uploads has the object; its segment goes, and the
// stream goes on: at once if the server never can, else after some tries.
func TestTidyingHoldsUpNoCommit(t *testing.T) {
	for code, status := range map[string]int{"NotImplemented": http.StatusNotImplemented,
		"InternalError": http.StatusInternalServerError} {
		t.Run(code, func(t *testing.T) {
			r := newRig(t)
			var created atomic.Bool
			r.s3.SetFault(func(w http.ResponseWriter, req *http.Request) bool {
				switch s3test.Kind(req) {
				case "create":
					if created.Swap(true) {
						return false
					}
					// once: there may be two uploads then
					s3test.Fail(w, http.StatusInternalServerError, "InternalError")
				case "list":
					s3test.Fail(w, status, code)
				default:
					return false
				}
				return true
			})
			out := r.open("upload_timeout=1s", "upload_retry_limit=1", "auto_retry_requests=false")
			r.flush(out, "app", many(11<<20))
			r.wait("the segment is gone", func() bool { return len(r.segments()) == 0 })
			if r.s3.Len() != 1 || r.s3.Count("list") == 0 || len(r.quarantine()) > 0 {
				t.Errorf("%d objects after %q, quarantine %q", r.s3.Len(), r.s3.Requests(), r.quarantine())
			}
			if !strings.Contains(r.log.String(), "lifecycle rule") {
				t.Error("the log does not say what is left")
			}
			r.close(out, plenty)
		})
	}
}
