package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sluice/test/testenv"
)

// fault is a row of the table: something that goes wrong between the output and S3.
type fault struct {
	name     string
	large    bool // for an object of several parts
	settings []string
	padding  int // bytes of each record besides
	// begin makes it happen. met reports whether it did, lift ends it.
	begin func(r *rig) (met func() bool, lift func())
}

// TestFaults has each fault happen while chunks are shipped, lifts it when it was met, and wants every
// record in S3 once, and no multipart upload left. It prints how long it took and how many requests.
func TestFaults(t *testing.T) {
	large, lines := noise(12_000_000)
	var table atomic.Pointer[[]string]
	table.Store(&[]string{})
	rows := append(httpFaults(), wireFaults()...)
	t.Run("all", func(t *testing.T) {
		for _, f := range rows {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				row := f.run(t, large, lines)
				for before := table.Load(); ; before = table.Load() {
					after := append((*before)[:len(*before):len(*before)], row)
					if table.CompareAndSwap(before, &after) {
						break
					}
				}
			})
		}
	})
	t.Logf("fault; seconds to recover; requests\n%s", strings.Join(*table.Load(), "\n"))
}

// run returns the row's result.
func (f fault) run(t *testing.T, large []byte, lines string) string {
	r := newRig(t)
	met, lift := f.begin(r)
	out := r.open(append(f.settings, "upload_timeout=1s", ownKeys)...)
	var want []string
	if f.large {
		r.flush(out, "app", large)
		want = strings.SplitAfter(strings.TrimSuffix(lines, "\n"), "\n")
	} else {
		for n := range 6 {
			text := fmt.Sprintf("id-%d", n) + strings.Repeat("x", f.padding)
			r.flush(out, fmt.Sprint("tag", n%3), record(text))
			want = append(want, line(text))
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := testenv.Wait(ctx, nil, met); err != nil {
		t.Fatalf("the fault did not happen: %v", err)
	}
	start := time.Now()
	lift()
	if err := testenv.Wait(ctx, nil, func() bool { return r.recovered(ctx) }); err != nil {
		t.Fatalf("the output did not recover: %v", err)
	}
	took, requests := time.Since(start), r.front.all.Load()
	r.close(out, plenty)
	r.wantLines(want)
	if uploads := r.uploads(); len(uploads) > 0 {
		t.Errorf("uploads are left behind: %v", uploads)
	}
	return fmt.Sprintf("%-45s %5.1f %4d", f.name, took.Seconds(), requests)
}

// recovered reports whether no segment is left.
func (r *rig) recovered(ctx context.Context) bool {
	return len(r.segments()) == 0 && ctx.Err() == nil
}

// wantLines wants each of these lines in the bucket once, and nothing else.
func (r *rig) wantLines(want []string) {
	r.t.Helper()
	got := map[string]int{}
	for _, content := range r.objects() {
		for l := range bytes.Lines([]byte(content)) {
			got[strings.TrimSuffix(string(l), "\n")]++
		}
	}
	missing, twice := 0, 0
	for _, l := range want {
		n := got[strings.TrimSuffix(l, "\n")]
		delete(got, strings.TrimSuffix(l, "\n"))
		switch {
		case n == 0:
			missing++
		case n > 1:
			twice++
		}
	}
	if missing+twice+len(got) > 0 {
		r.t.Errorf("of %d records %d are missing, %d are there twice, and %d others are there", len(want), missing,
			twice, len(got))
	}
}
