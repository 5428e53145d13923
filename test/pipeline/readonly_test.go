package pipeline

import (
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"sluice/spool"
	"sluice/test/testenv"
)

// readOnlyDisk refuses to remove anything while it is read-only.
type readOnlyDisk struct {
	spool.OS
	readOnly atomic.Bool
	refused  atomic.Int64
}

func (d *readOnlyDisk) Remove(name string) error {
	if d.readOnly.Load() {
		d.refused.Add(1)
		return syscall.EROFS
	}
	return d.OS.Remove(name)
}

// TestCommitOnAReadOnlyDisk: an object that is stored is not stored again because its segment cannot be
// removed.
func TestCommitOnAReadOnlyDisk(t *testing.T) {
	r := newRig(t)
	disk := &readOnlyDisk{}
	r.fs = disk
	seen := r.front.watch(nil)
	out := r.open("upload_timeout=1s", ownKeys)
	r.flush(out, "app", record("one"))
	disk.readOnly.Store(true)
	if err := testenv.Wait(t.Context(), nil, func() bool { return disk.refused.Load() > 1 }); err != nil {
		t.Fatal(err)
	}
	disk.readOnly.Store(false)
	if err := testenv.Wait(t.Context(), nil, func() bool { return len(r.segments()) == 0 }); err != nil {
		t.Fatal(err)
	}
	r.close(out, plenty)
	r.wantOne(line("one"))
	if n := strings.Count(seen.String(), "put"); n != 1 {
		t.Errorf("the object was put %d times: %s", n, seen)
	}
}
