package e2e

import (
	"testing"

	"sluice/test/testenv"
)

// TestOutage has S3 down from the start: lines are accepted all the same, Fluent Bit ends well after
// SIGTERM though nothing can be uploaded, and everything arrives when S3 is back.
func TestOutage(t *testing.T) {
	needWorld(t)
	t.Parallel()
	bucket := newBucket(t)
	world.outage.Set(bucket.Name(), true)
	p := newPipeline(t, bucket, testenv.Orders(0), testenv.Access(0))
	p.output = append(p.output,
		testenv.Property{Name: "compression", Value: "gzip"},
		testenv.Property{Name: "upload_timeout", Value: "1s"},
	)
	load := startLoad(p.dir, p.streams...)
	for range 2 {
		f := p.start(t)
		f.until(t, "it has accepted something", func() bool { return f.answered() > 10_000 })
		f.stop(t)
	}
	lines := load.end(t)
	if n := arrived(t, bucket, lines); n > 0 {
		t.Errorf("records that arrived during the outage: %d", n)
	}
	world.outage.Set(bucket.Name(), false)
	wantRest(t, p, bucket, lines)
}
