package output_test

import (
	"strings"
	"testing"
)

// TestUndatedWarning: an output says once that records lose their time, and what to set.
func TestUndatedWarning(t *testing.T) {
	r := newRig(t)
	out := r.open("json_date_key=m", "upload_timeout=1s")
	for _, tag := range []string{"app", "web"} {
		r.flush(out, tag, record("a member with the name of the date"))
	}
	r.close(out, plenty)
	if n := strings.Count(r.log.String(), "set json_date_key to another name"); n != 1 {
		t.Errorf("warned %d times", n)
	}
}
