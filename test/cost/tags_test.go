package cost

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"

	"sluice/output"
	"sluice/test/stack"
)

// BenchmarkTags ships as many bytes for one tag and for many.
func BenchmarkTags(b *testing.B) {
	var lines bytes.Buffer
	if err := stack.Orders(0).Write(&lines, 0, 2_500); err != nil {
		b.Fatal(err)
	}
	data := chunk(b, lines.Bytes())
	for _, tags := range []int{1, 1000} {
		b.Run(fmt.Sprint(tags), func(b *testing.B) {
			for b.Loop() {
				out := open(b, filepath.Join(b.TempDir(), "spool"), "gzip", func(output.Event) {})
				used := cpu(func() {
					for n := range 1000 {
						if err := out.Flush(fmt.Sprint("app.", n*tags/1000), data); err != nil {
							b.Fatal(err)
						}
					}
					if err := out.Close(b.Context(), 0); err != nil {
						b.Fatal(err)
					}
				})
				b.ReportMetric(used.Seconds()*1e6/float64(1000), "cpu-us/chunk")
			}
		})
	}
}
