package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/test/testenv"
)

// TestIngestedTwice: a file that is fed twice, on purpose, with a stop in between, is stored twice. The
// records have their times from the lines, so that the chunks are the same to the byte.
func TestIngestedTwice(t *testing.T) {
	needWorld(t)
	t.Parallel()
	for _, filesystem := range []bool{false, true} {
		for _, workers := range []int{0, 1} {
			t.Run(fmt.Sprintf("%s %d workers", pick(filesystem, "filesystem", "memory"), workers), func(t *testing.T) {
				t.Parallel()
				bucket := newBucket(t)
				lines := testenv.Orders(50) // one chunk
				p := newPipeline(t, bucket, lines)
				p.filesystem, p.workers, p.timed = filesystem, workers, true
				grow(t, p.dir, lines, 0, lines.Count)
				for range 2 {
					f := p.start(t)
					f.until(t, "all lines are answered", func() bool { return f.answered() >= lines.Count })
					f.stop(t)
					if strings.Contains(f.Log(), "came again") {
						t.Error("a chunk was taken for one that came before")
					}
					if err := os.Remove(filepath.Join(p.dir, lines.Tag+".db")); err != nil {
						t.Fatal(err)
					}
				}
				for _, c := range count(t, bucket, lines).Counts() {
					if c.Missing > 0 || c.Twice != lines.Count || c.Copies != lines.Count {
						t.Errorf("%d lines are missing, %d records are there twice, %d of them to the byte, want "+
							"0 and %d", c.Missing, c.Twice, c.Copies, lines.Count)
					}
				}
			})
		}
	}
}
