package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sluice/test/cmd/bench/sink"
	"sluice/test/stack"
)

// patience is how long one process may take.
const patience = 10 * time.Minute

// sample is what one process took, and what came of it.
type sample struct {
	cpu, wall time.Duration
	peak      int64
	sink.Count
}

func (s sample) String() string {
	return fmt.Sprintf("CPU %.2f s, wall %.2f s, %.0f MB resident, %.1f MB in %d objects, %d missing, %d twice",
		s.cpu.Seconds(), s.wall.Seconds(), mega(s.peak), mega(s.Stored), s.Objects, s.Missing, s.Twice)
}

func mega(bytes int64) float64 { return float64(bytes) / 1e6 }

// try runs one process in a fresh folder.
func (b *bench) try(ctx context.Context, t *trial) (s sample, err error) {
	dir := filepath.Join(b.dir, "run")
	if err := os.RemoveAll(dir); err != nil {
		return s, err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return s, err
	}
	b.sink.Begin(t.codec)
	began := time.Now()
	p, err := b.start(t, dir)
	if err != nil {
		return s, err
	}
	if s.peak, err = watch(ctx, p); err != nil {
		return s, err
	}
	s.wall, s.cpu = time.Since(began), p.CPU()
	if t.plugin == "null" {
		return s, nil
	}
	s.Count, err = b.sink.Count(t.lines, t.count)
	return s, err
}

// start starts Fluent Bit.
func (b *bench) start(t *trial, dir string) (*stack.Process, error) {
	var text strings.Builder
	stack.Section(&text, "SERVICE", []stack.Property{{Name: "grace", Value: "60"}, {Name: "parsers_file", Value: filepath.Join(dir, "parsers.conf")}})
	stack.Section(&text, "INPUT", t.section())
	t.sections(&text, dir, b.sink.Endpoint)
	config := filepath.Join(dir, "fluent-bit.conf")
	for file, content := range map[string]string{config: text.String(), filepath.Join(dir, "parsers.conf"): stack.Parsers} {
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			return nil, err
		}
	}
	args := []string{"-c", config}
	if t.plugin == "sluice" {
		args = append([]string{"-e", b.plugin}, args...)
	}
	keys := stack.OwnerKeys()
	return stack.Start(stack.Command{
		Path: b.program, Args: args, Dir: dir, Log: b.log(),
		Env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir,
			"AWS_ACCESS_KEY_ID=" + keys.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + keys.SecretAccessKey},
	})
}

// watch waits for a process's end and returns the most memory that it had, but for its last moment.
func watch(ctx context.Context, p *stack.Process) (peak int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
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
