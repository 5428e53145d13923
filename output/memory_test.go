package output_test

import (
	"runtime"
	"testing"
)

// heap returns how many bytes are in use, without garbage and without what is only kept for the next user.
func heap() int64 {
	runtime.GC()
	runtime.GC() // the pools' victims
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestParkedMemory: a shipment whose segment is not sealed yet keeps the part that is being filled, and no buffers of
// those that have arrived.
func TestParkedMemory(t *testing.T) {
	const part, workers = 20_000_000, 2
	r := newRig(t)
	r.s3.Discard()
	before := heap()
	out := r.open("upload_timeout=10m", "upload_chunk_size=20M", "total_file_size=400M",
		"upload_workers=2", "upload_part_workers=2")
	chunk := many(2 << 20)
	for range 30 {
		for _, tag := range []string{"a", "b"} {
			r.flush(out, tag, chunk)
		}
	}
	r.wait("most parts have arrived", func() bool { return r.s3.Count("part") >= 4 })
	r.wait("their buffers are given back", func() bool { return heap()-before < workers*part+15_000_000 })
	if created := r.s3.Count("create"); created != workers || r.s3.Len() != 0 {
		t.Errorf("%d uploads were begun, %d objects are there", created, r.s3.Len())
	}
	r.close(out, 0)
}
