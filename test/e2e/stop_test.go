package e2e

import (
	"fmt"
	"syscall"
	"testing"

	"sluice/test/testenv"
)

// TestStopUnderLoad stops Fluent Bit while lines are appended, and starts it again with the same
// folders. No line may be missing, and no record may be there twice, though Fluent Bit delivers chunks
// again whose answer it did not wait for.
func TestStopUnderLoad(t *testing.T) {
	needWorld(t)
	t.Parallel()
	for _, workers := range []int{0, 1, 4} {
		t.Run(fmt.Sprintf("%d workers", workers), func(t *testing.T) {
			t.Parallel()
			bucket := newBucket(t)
			p := newPipeline(t, bucket, testenv.Orders(0), testenv.Access(0))
			p.filesystem, p.workers = true, workers
			p.output = append(p.output,
				testenv.Property{Name: "compression", Value: "gzip"},
				testenv.Property{Name: "upload_timeout", Value: "1s"},
			)
			load := startLoad(p.dir, p.streams...)
			for range 3 {
				f := p.start(t)
				f.until(t, "it has shipped something", func() bool { return f.answered() > 10_000 })
				f.stop(t)
			}
			wantRest(t, p, bucket, load.end(t))
		})
	}
}

// TestKillUnderLoad kills Fluent Bit instead. Lines that its tail input reads twice, since it was killed
// before it noted how far it was, are new records.
func TestKillUnderLoad(t *testing.T) {
	needWorld(t)
	t.Parallel()
	bucket := newBucket(t)
	p := newPipeline(t, bucket, testenv.Orders(0), testenv.Access(0))
	p.filesystem = true
	p.output = append(p.output,
		testenv.Property{Name: "compression", Value: "gzip"},
		testenv.Property{Name: "upload_timeout", Value: "1s"}, // so that some die while they upload
	)
	load := startLoad(p.dir, p.streams...)
	for range 10 {
		f := p.start(t)
		f.until(t, "it has shipped something", func() bool { return f.answered() > 10_000 })
		if err := f.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		<-f.Done()
	}
	wantRest(t, p, bucket, load.end(t))
}

// wantRest starts Fluent Bit for the rest of the lines, and wants all of them to arrive.
func wantRest(t *testing.T, p pipeline, bucket testenv.Bucket, lines []testenv.Lines) {
	t.Helper()
	f := p.start(t)
	f.until(t, "all lines are there", func() bool { return count(t, bucket, lines...).Complete() })
	f.stop(t)
	tally := count(t, bucket, lines...)
	t.Logf("\n%s", tally)
	for _, c := range tally.Counts() {
		if c.Missing+c.Alien+c.Copies > 0 {
			t.Errorf("records of %s: %d missing, %d alien, %d copies", c.Tag, c.Missing, c.Alien, c.Copies)
		}
	}
}
