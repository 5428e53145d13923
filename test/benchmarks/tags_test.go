package benchmarks

import (
	"bytes"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"sluice/output"
	"sluice/test/testenv"
)

// BenchmarkTags ships as many bytes for one tag and for many.
func BenchmarkTags(b *testing.B) {
	var lines bytes.Buffer
	if err := testenv.Orders(0).Write(&lines, 0, 2_500); err != nil {
		b.Fatal(err)
	}
	data := chunk(b, lines.Bytes())
	for _, tags := range []int{1, tagsChunks} {
		b.Run(fmt.Sprint(tags), func(b *testing.B) {
			var used time.Duration
			for b.Loop() {
				dir := filepath.Join(b.TempDir(), "spool")
				used += cpu(func() { shipTags(b, dir, data, tags) })
			}
			b.ReportMetric(0, "ns/op") // it waits for the disk
			b.ReportMetric(float64(used.Microseconds())/float64(b.N*tagsChunks), "cpu-us/chunk")
		})
	}
}

const tagsChunks = 1000

// shipTags takes chunks of as many tags, one tag after the other, and ships them.
func shipTags(b *testing.B, dir string, data []byte, tags int) {
	var objects atomic.Int64
	out := open(b, dir, "gzip", func(e output.Event) {
		if e.Records > 0 {
			objects.Add(1)
		}
	})
	for n := range tagsChunks {
		if err := out.Flush(fmt.Sprint("app.", n*tags/tagsChunks), data); err != nil {
			b.Fatal(err)
		}
	}
	if err := out.Close(b.Context(), 0); err != nil {
		b.Fatal(err)
	}
	if got := objects.Load(); got != int64(tags) {
		b.Fatalf("%d objects of %d tags", got, tags)
	}
}
