package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"sluice/test/testenv"
)

// mostMemory is what the plugin may take above the null output, in bytes.
const mostMemory = 100_000_000

// fill makes the plugin accept the lines while S3 is away.
func (b *backlog) fill(ctx context.Context) (err error) {
	b.front.Down()
	began := time.Now()
	if b.process, b.monitor, err = b.fluentBit.Start(b.shipment()); err != nil {
		return err
	}
	return b.measure("S3 away, lines taken", began, func() error {
		return b.taken(ctx, b.process, b.monitor)
	})
}

// drain brings S3 back while lines come in, and waits until the segments of the backlog are gone; then
// until all are.
func (b *backlog) drain(ctx context.Context) error {
	backlog := b.segments()
	b.say("%d segments in the spool", len(backlog))
	began := time.Now()
	if err := b.front.Up(); err != nil {
		return err
	}
	more, stop := context.WithCancel(ctx)
	defer stop()
	grown := make(chan error, 1)
	go func() { grown <- b.grow(more) }()
	err := b.measure("S3 back, backlog shipped", began, func() error {
		return testenv.Wait(ctx, b.process.Done(), func() bool { return !b.any(backlog) })
	})
	if err != nil {
		return err
	}
	stop()
	if err := <-grown; err != nil {
		return err
	}
	return b.rest(ctx)
}

// rest waits until the lines that came meanwhile are shipped, too.
func (b *backlog) rest(ctx context.Context) error {
	b.say("%d lines in all", b.lines())
	err := b.taken(ctx, b.process, b.monitor)
	if err == nil {
		err = testenv.Wait(ctx, b.process.Done(), func() bool { return len(b.segments()) == 0 })
	}
	if err != nil {
		return err
	}
	return b.process.Stop(ctx)
}

// measure runs a step and reports how long it took and how much memory.
func (b *backlog) measure(what string, began time.Time, step func() error) error {
	watch := b.process.Watch()
	err := step()
	took, most := time.Since(began), watch.Most().Resident
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	b.say("%-24s %6.0f s  %6.1f MB/s  %6.1f MB resident at the most, %.1f above the null output",
		what, took.Seconds(), b.rate(took), mega(most), mega(most-b.null))
	if most-b.null >= mostMemory {
		b.failed = errors.Join(b.failed,
			fmt.Errorf("%s: too much memory; %.0f MB above the null output are allowed", what, mega(mostMemory)))
	}
	return nil
}

// grow appends a megabyte a second to each file.
func (b *backlog) grow(ctx context.Context) error {
	const pause, size = 100 * time.Millisecond, 100_000
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		for _, s := range b.sources {
			if err := s.fill(size); err != nil {
				return err
			}
		}
	}
}

// segments are the names of the spool's segments, without their states.
func (b *backlog) segments() map[string]bool {
	names := map[string]bool{}
	for _, state := range []string{".active", ".sealed"} {
		files, _ := filepath.Glob(filepath.Join(b.store(), "*", "*"+state))
		for _, file := range files {
			names[strings.TrimSuffix(file, state)] = true
		}
	}
	return names
}

// any is whether one of some segments is still there.
func (b *backlog) any(of map[string]bool) bool {
	for name := range b.segments() {
		if of[name] {
			return true
		}
	}
	return false
}

// count counts what is on S3.
func (b *backlog) count(ctx context.Context) error {
	var lines []testenv.Lines
	for _, s := range b.sources {
		lines = append(lines, s.Lines)
	}
	tally, bucket := testenv.NewTally(lines...), b.s3.Bucket(bucketName)
	if err := tally.Bucket(ctx, bucket); err != nil {
		return err
	}
	b.say("\n%s", tally)
	uploads, err := bucket.Uploads(ctx)
	if err == nil && len(uploads) > 0 {
		err = fmt.Errorf("multipart uploads were left: %s", strings.Join(uploads, ", "))
	}
	if err != nil {
		return err
	}
	return errors.Join(b.failed, tally.Err())
}
