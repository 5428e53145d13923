package e2e

import (
	"strings"
	"testing"
	"time"

	"sluice/test/testenv"
)

// TestStopWhileS3Hangs stops Fluent Bit while S3 takes requests and answers none. It must end within
// exit_timeout and its own second of polling; outputs of one process share exit_timeout. What was not
// uploaded goes at the next start.
//
// The bound of each is generous, and still below what the outputs would take one after the other.
func TestStopWhileS3Hangs(t *testing.T) {
	needWorld(t)
	t.Parallel()
	for _, c := range []struct {
		name, timeout string
		twoOutputs    bool
		bound         time.Duration
	}{
		{"one output", "1s", false, 30 * time.Second},
		{"two outputs", "20s", true, 38 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			front, err := testenv.NewFront(world.s3.Endpoint, 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(front.Down)
			front.Set(testenv.Hang, 1)
			bucket := newBucket(t)
			lines := []testenv.Lines{testenv.Orders(2000), testenv.Access(2000)}
			p := newPipeline(t, bucket, lines...)
			p.perTag = c.twoOutputs
			p.set("endpoint", front.Endpoint)
			p.set("upload_timeout", "1s")
			p.set("exit_timeout", c.timeout)
			for _, l := range lines {
				grow(t, p.dir, l, 0, l.Count)
			}
			f := p.start(t)
			f.until(t, "all lines are taken and an upload hangs", func() bool {
				return f.answered() >= 4000 && front.Met()[testenv.Hang] >= 2
			})
			t.Logf("Fluent Bit ended %.1f s after SIGTERM", f.stopWithin(t, c.bound).Seconds())
			if log := f.Log(); !strings.Contains(log, "stopping with data in the spool") {
				t.Error("the log does not say that data was left in the spool")
			}
			front.Set(testenv.NoFault, 0)
			wantRest(t, p, bucket, lines)
		})
	}
}

// set gives the output a property.
func (p *pipeline) set(name, value string) {
	for i := range p.output {
		if p.output[i].Name == name {
			p.output[i].Value = value
			return
		}
	}
	p.output = append(p.output, testenv.Property{Name: name, Value: value})
}
