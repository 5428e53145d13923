package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"sluice/test/testenv"
)

// bench is what the steps share.
type bench struct {
	settings
	dir      string // everything is below it
	endpoint string // of an S3 that discards
	end      func() error
	trials   []*trial // null and ours, side by side
}

// trial is one Fluent Bit.
type trial struct {
	output  string
	dir     string
	process *testenv.Process
	used    usage // in the time in which nothing happened
}

func build(s settings) (*bench, error) {
	b := &bench{settings: s}
	var err error
	if b.dir, err = os.MkdirTemp("", "sluice-idle-"); err != nil {
		return nil, err
	}
	for _, output := range []string{"null", "sluice"} {
		t := &trial{output: output, dir: filepath.Join(b.dir, output)}
		if err := os.Mkdir(t.dir, 0o755); err != nil {
			return nil, err
		}
		b.trials = append(b.trials, t)
	}
	b.endpoint, b.end, err = testenv.Discard{}.Listen()
	return b, err
}

func (b *bench) close() {
	for _, t := range b.trials {
		if t.process != nil {
			t.process.Kill()
		}
	}
	_ = b.end()
}

// load has both take the lines, and ours ship them.
func (b *bench) load(ctx context.Context) error {
	const bytesPerLine = 300 // about
	lines := testenv.Orders(max(1, int(b.megabytes*1e6/bytesPerLine)))
	for _, t := range b.trials {
		if _, err := lines.WriteFile(t.dir); err != nil {
			return err
		}
		p, monitor, err := b.fluentBit.Start(b.shipment(t, lines))
		if err != nil {
			return err
		}
		t.process = p
		quiet := func() bool { return testenv.Answered(monitor) >= lines.Count && t.shipped() }
		if err := testenv.Wait(ctx, p.Done(), quiet); err != nil {
			return fmt.Errorf("%s has not taken its load: %w\n%s", t.output, err, p.Log())
		}
	}
	return nil
}

func (b *bench) shipment(t *trial, lines testenv.Lines) testenv.Shipment {
	s := testenv.Shipment{Output: t.output, Inputs: []testenv.Lines{lines}, Dir: t.dir,
		Properties: []testenv.Property{{Name: "workers", Value: "0"}}} // the last one counts
	if t.output == "null" {
		return s
	}
	keys := testenv.OwnerKeys()
	s.Plugin = b.plugin
	s.Env = []string{"AWS_ACCESS_KEY_ID=" + keys.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + keys.SecretAccessKey}
	s.Properties = append(s.Properties,
		testenv.Property{Name: "retry_limit", Value: "no_limits"}, testenv.Property{Name: "bucket", Value: "idle"},
		testenv.Property{Name: "endpoint", Value: b.endpoint}, testenv.Property{Name: "compression", Value: "gzip"},
		testenv.Property{Name: "store_dir", Value: filepath.Join(t.dir, "store")},
		testenv.Property{Name: "upload_timeout", Value: "2s"})
	return s
}

// shipped is whether no segment is left.
func (t *trial) shipped() bool {
	left, _ := filepath.Glob(filepath.Join(t.dir, "store", "*", "*.*"))
	return len(left) == 0
}

// measure lets both be, at the same time.
func (b *bench) measure(ctx context.Context) error {
	before := make([]usage, len(b.trials))
	for i, t := range b.trials {
		var err error
		if before[i], err = usageOf(t.process); err != nil {
			return err
		}
	}
	select {
	case <-time.After(b.rest):
	case <-ctx.Done():
		return ctx.Err()
	}
	for i, t := range b.trials {
		after, err := usageOf(t.process)
		if err != nil {
			return err
		}
		t.used = after.since(before[i])
	}
	return nil
}
