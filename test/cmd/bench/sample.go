package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"sluice/test/cmd/bench/sink"
	"sluice/test/testenv"
)

// patience is how long one process may take.
const patience = 10 * time.Minute

// sample is what one process took, and what came of it.
type sample struct {
	cpu, wall time.Duration
	peak      int64 // bytes of memory
	left      int   // segments in our spool
	sink.Count
}

func (s sample) String() string {
	return fmt.Sprintf("CPU %.2f s, wall %.2f s, %.0f MB of memory, %.1f MB in %d objects",
		s.cpu.Seconds(), s.wall.Seconds(), mega(s.peak), mega(s.Stored), s.Objects)
}

// err says which records are not where they belong.
func (s sample) err() error {
	if s.Missing+s.Twice+s.Alien == 0 {
		return nil
	}
	return fmt.Errorf("%d records are missing, %d twice, %d without an id; %d segments are left in the spool",
		s.Missing, s.Twice, s.Alien, s.left)
}

func mega(bytes int64) float64 { return float64(bytes) / 1e6 }

// try runs one process.
func (b *bench) try(ctx context.Context, t *trial) (s sample, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	b.sink.Begin(t.codec)
	began := time.Now()
	p, monitor, err := b.start(t)
	if err != nil {
		return s, err
	}
	fed := make(chan error, 1)
	go func() { fed <- t.feed(ctx, p, monitor) }()
	s.peak, err = watch(ctx, p)
	if err := errors.Join(err, <-fed); err != nil {
		return s, fmt.Errorf("%w\n%s", err, p.LogEnd())
	}
	s.wall, s.cpu = time.Since(began), p.CPU()
	if t.plugin == "null" {
		return s, nil
	}
	s.left = b.left()
	s.Count, err = b.sink.Count(t.lines.Count, t.count)
	return s, err
}

// left is how many segments our outputs have left for the next start.
func (b *bench) left() (n int) {
	for _, state := range []string{"sealed", "active"} {
		files, _ := filepath.Glob(filepath.Join(b.run(), "store.*", "*", "*."+state)) // the pattern is good
		n += len(files)
	}
	return n
}

// watch waits for a process's end and returns the most memory that it had, but for its last moment.
func watch(ctx context.Context, p *testenv.Process) (peak int64, err error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if now, err := p.Peak(); err == nil { // else it is about to end
				peak = now
			}
		case <-p.Done():
			return peak, p.Wait()
		case <-ctx.Done():
			p.Kill()
			return peak, ctx.Err()
		}
	}
}
