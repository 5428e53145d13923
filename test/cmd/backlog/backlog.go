package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"sluice/test/testenv"
)

const bucketName = "backlog"

// backlog is what the steps share.
type backlog struct {
	settings
	out     io.Writer
	dir     string // everything is below it
	s3      *testenv.S3
	front   *testenv.Front
	sources []*source

	null    int64 // bytes of memory with the null output
	failed  error // limits that were not kept; the steps go on
	process *testenv.Process
	monitor string
}

func build(s settings, out io.Writer) (*backlog, error) {
	b := &backlog{settings: s, out: out}
	var err error
	if b.dir, err = os.MkdirTemp("", "sluice-backlog-"); err != nil {
		return nil, err
	}
	for _, lines := range []testenv.Lines{testenv.Orders(0), testenv.Access(0)} {
		source, err := newSource(lines, b.dir)
		if err != nil {
			return nil, err
		}
		b.sources = append(b.sources, source)
	}
	if b.s3, err = testenv.StartS3(testenv.S3Config{Dir: filepath.Join(b.dir, "s3"), Bucket: bucketName}); err != nil {
		return nil, err
	}
	if b.front, err = testenv.NewFront(b.s3.Endpoint, 0); err != nil {
		return nil, err
	}
	b.say("%s, files in %s", s.fluentBit, b.dir)
	return b, nil
}

func (b *backlog) close() {
	if b.process != nil {
		b.process.Kill()
	}
	b.front.Down()
	if err := b.s3.Close(); err != nil {
		b.say("stop the S3 server: %v", err)
	}
}

// write writes the lines that come in while S3 is away.
func (b *backlog) write(context.Context) error {
	for _, s := range b.sources {
		if err := s.fill(int64(b.gigabytes * 1e9 / float64(len(b.sources)))); err != nil {
			return err
		}
	}
	b.say("%d lines of %.1f GB", b.lines(), b.gigabytes)
	return nil
}

func (b *backlog) lines() (n int) {
	for _, s := range b.sources {
		n += s.Count
	}
	return n
}

// shipment tails the lines in memory that is bounded, as in production. tail leaves the page cache alone,
// so that the disk is not read again.
func (b *backlog) shipment() testenv.Shipment {
	keys := testenv.OwnerKeys()
	s := testenv.Shipment{
		Plugin: b.plugin, Output: "sluice", Dir: b.dir,
		Tail: []testenv.Property{{Name: "mem_buf_limit", Value: "20M"}, {Name: "file_cache_advise", Value: "off"}},
		Properties: []testenv.Property{
			{Name: "bucket", Value: bucketName}, {Name: "region", Value: b.s3.Region},
			{Name: "endpoint", Value: b.front.Endpoint},
			{Name: "s3_key_format", Value: "/logs/$TAG/%Y/%m/%d/$INDEX-$UUID"}, {Name: "store_dir", Value: b.store()},
			{Name: "compression", Value: "gzip"}, {Name: "total_file_size", Value: "20M"},
			{Name: "upload_timeout", Value: "10s"},
			{Name: "retry_limit", Value: "no_limits"},
		},
		Env: []string{"AWS_ACCESS_KEY_ID=" + keys.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + keys.SecretAccessKey},
	}
	for _, source := range b.sources {
		s.Inputs = append(s.Inputs, source.Lines)
	}
	return s
}

func (b *backlog) store() string { return filepath.Join(b.dir, "store") }

// measureNull has the null output take the lines: that memory is Fluent Bit's own.
func (b *backlog) measureNull(ctx context.Context) error {
	s := b.shipment()
	s.Plugin, s.Output, s.Properties = "", "null", nil
	began := time.Now()
	p, monitor, err := b.fluentBit.Start(s)
	if err != nil {
		return err
	}
	watch := p.Watch()
	if err := b.taken(ctx, p, monitor); err != nil {
		return err
	}
	took := time.Since(began)
	b.null = watch.Most().Resident
	b.say("%-24s %6.0f s  %6.1f MB/s  %6.1f MB resident at the most", "null output", took.Seconds(), b.rate(took),
		mega(b.null))
	return p.Stop(ctx)
}

// taken waits until Fluent Bit has an answer for all lines.
func (b *backlog) taken(ctx context.Context, p *testenv.Process, monitor string) error {
	return testenv.Wait(ctx, p.Done(), func() bool { return testenv.Answered(monitor) >= b.lines() })
}

func (b *backlog) rate(took time.Duration) float64 { return b.gigabytes * 1e3 / took.Seconds() }

func (b *backlog) say(format string, args ...any) { fmt.Fprintf(b.out, format+"\n", args...) }

func mega(bytes int64) float64 { return float64(bytes) / 1e6 }
