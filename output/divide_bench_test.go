package output_test

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkFlush is the time of a flush of 2 MB, undivided and among streams.
func BenchmarkFlush(b *testing.B) {
	var chunk []byte
	for n := 0; len(chunk) < 2_000_000; n++ {
		chunk = append(chunk, event(time.Now(), fmt.Sprintf(
			`{"level":"info","service":"orders","id":"ord-%09d","a":%d,"b":%d,"log":"GET /v1/orders/%d 200 12ms"}`,
			n, n*31%45, n*31%1000, n))...)
	}
	for _, c := range []struct{ name, format string }{
		{"undivided", "/x/$UUID"}, {"1", "/$service/$UUID"}, {"45", "/$a/$UUID"}, {"1000", "/$b/$UUID"},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := newRig(b)
			r.s3.SetFault(only("SlowDown"))
			out := r.open("s3_key_format="+c.format, "key_max_streams=1000", "deduplicate=off")
			b.SetBytes(int64(len(chunk)))
			b.ReportAllocs()
			for b.Loop() {
				r.flush(out, "app", chunk)
			}
			b.StopTimer()
			r.close(out, 0)
		})
	}
}
