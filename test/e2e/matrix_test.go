package e2e

import (
	"fmt"
	"strings"
	"testing"

	"sluice/test/testenv"
)

// TestEveryRecordOnce ships two tags through every codec with every number of workers, while storage and
// the configuration's format alternate. The lines come in three lots: two are uploaded because of their
// age, the last because Fluent Bit ends.
func TestEveryRecordOnce(t *testing.T) {
	needWorld(t)
	t.Parallel()
	row := 0
	for _, workers := range []int{0, 1, 4} {
		for _, codec := range []string{"gzip", "zstd", "snappy", "none"} {
			yaml, filesystem := (row+row/4)%2 == 1, row%4 >= 2
			row++
			name := fmt.Sprintf("%d workers %s %s %s", workers, codec, pick(yaml, "yaml", "classic"),
				pick(filesystem, "filesystem", "memory"))
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				bucket := newBucket(t)
				p := newPipeline(t, bucket, testenv.Orders(6000), testenv.Access(6000))
				p.yaml, p.filesystem, p.workers = yaml, filesystem, workers
				p.output = append(p.output,
					testenv.Property{Name: "compression", Value: codec},
					testenv.Property{Name: "total_file_size", Value: "1M"},
					testenv.Property{Name: "upload_timeout", Value: "1s"},
				)
				shipInLots(t, p, bucket)
				tally := count(t, bucket, p.streams...)
				t.Logf("\n%s", tally)
				wantOnce(t, tally)
				wantObjects(t, bucket, p.streams)
			})
		}
	}
}

// shipInLots writes a third of the lines, waits for them to arrive, then the next.
func shipInLots(t *testing.T, p pipeline, bucket testenv.Bucket) {
	t.Helper()
	const lots = 3
	total := 0
	var f fluentBit
	for lot := range lots {
		for _, s := range p.streams {
			first, end := s.Count*lot/lots, s.Count*(lot+1)/lots
			grow(t, p.dir, s, first, end)
			total += end - first
		}
		if lot == 0 {
			f = p.start(t)
		}
		f.until(t, "the lot is answered", func() bool { return f.answered() >= total })
		if lot == lots-1 {
			break
		}
		f.until(t, "the lot is uploaded", func() bool { return arrived(t, bucket, p.streams) >= total })
	}
	f.stop(t)
	wantNoErrors(t, f.Log())
}

// wantNoErrors wants no error in a log.
func wantNoErrors(t *testing.T, log string) {
	t.Helper()
	for line := range strings.Lines(log) {
		if strings.Contains(line, "[error]") {
			t.Errorf("in the log: %s", line)
		}
	}
}

// wantObjects wants an object of each lot for each tag at least.
func wantObjects(t *testing.T, b testenv.Bucket, streams []testenv.Lines) {
	t.Helper()
	objects, err := b.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range streams {
		n := 0
		for _, o := range objects {
			if strings.Contains(o.Key, "/"+s.Tag+"/") {
				n++
			}
		}
		if n < 3 {
			t.Errorf("objects of %s: got %d, want 3 or more", s.Tag, n)
		}
	}
}

// arrived is how many records are in the bucket.
func arrived(t *testing.T, b testenv.Bucket, streams []testenv.Lines) int {
	t.Helper()
	n := 0
	for _, c := range count(t, b, streams...).Counts() {
		n += c.Out
	}
	return n
}

// TestOrderWithWorkers ships many chunks of two tags at once through four workers: the plugin asks for
// one flush at a time (FLB_OUTPUT_SYNCHRONOUS), so that they cannot overtake each other.
func TestOrderWithWorkers(t *testing.T) {
	needWorld(t)
	t.Parallel()
	bucket := newBucket(t)
	p := newPipeline(t, bucket, testenv.Orders(100_000), testenv.Access(100_000))
	p.workers = 4
	p.output = append(p.output, testenv.Property{Name: "total_file_size", Value: "1M"})
	for _, s := range p.streams {
		grow(t, p.dir, s, 0, s.Count)
	}
	f := p.start(t)
	f.until(t, "all lines are answered", func() bool { return f.answered() >= 200_000 })
	f.stop(t)
	tally := count(t, bucket, p.streams...)
	t.Logf("\n%s", tally)
	wantOnce(t, tally)
}

// wantOnce wants every record once, and in order.
func wantOnce(t *testing.T, tally *testenv.Tally) {
	t.Helper()
	for _, c := range tally.Counts() {
		if c.Missing+c.Twice+c.Alien+c.Jumps > 0 {
			t.Errorf("records of %s: %d missing, %d twice, %d alien, %d out of order", c.Tag, c.Missing, c.Twice,
				c.Alien, c.Jumps)
		}
	}
}

func pick(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}
