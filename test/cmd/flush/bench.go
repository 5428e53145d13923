package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sluice/test/stack"
)

// bench is what the measurements share.
type bench struct {
	settings
	dir      string // everything is below it
	endpoint string // of an S3 that discards
	close    func() error
	lines    string  // file
	record   float64 // bytes that a line is on average as a record
	measured []measurement
}

// A chunk is as large as Fluent Bit's become (FLB_INPUT_CHUNK_FS_MAX_SIZE is 2,048,000). The lines fill
// some of them, and are fed as often as it takes.
const (
	chunkSize = 2_000_000
	lineCount = 200_000
)

func build(s settings) (*bench, error) {
	b := &bench{settings: s}
	var err error
	if b.dir, err = os.MkdirTemp("", "sluice-flush-"); err != nil {
		return nil, err
	}
	lines := stack.Orders(lineCount)
	size, err := lines.WriteFile(b.dir)
	if err != nil {
		return nil, err
	}
	b.lines = lines.File(b.dir)
	b.record = float64(size)/lineCount + recordHead
	b.endpoint, b.close, err = stack.Discard{}.Listen()
	return b, err
}

// recordHead is what [[time, {}], {"log": line}] takes besides the line's text, whose newline is left out.
const recordHead = 13 + 1 + 4 + 5 - 1

// measurement is one run.
type measurement struct {
	shipper string
	rate    float64
	wall    time.Duration // from the host's start to its end
	hosted
}

// hosted is what the host tells in the end.
type hosted struct {
	OK, Flushes int
	Bytes       int64
	Callback    times `json:"callback_us"`
	TickLate    times `json:"tick_late_us"`
	TickBeyond  times `json:"tick_beyond_us"`
	CPU         float64
	EngineCPU   float64 `json:"engine_cpu"`
}

// times are microseconds.
type times struct{ Count, P50, P99, Max int }

func (b *bench) measure(ctx context.Context, shipper string, rate float64) (m measurement, err error) {
	m = measurement{shipper: shipper, rate: rate}
	dir, err := os.MkdirTemp(b.dir, "run-")
	if err != nil {
		return m, err
	}
	began := time.Now()
	log := filepath.Join(dir, "host.log")
	p, err := stack.Start(stack.Command{
		Path: b.host, Args: b.args(shipper, rate, filepath.Join(dir, "store")), Dir: dir, Log: log,
		Env: []string{"HOME=" + dir, "AWS_ACCESS_KEY_ID=" + stack.OwnerKeys().AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + stack.OwnerKeys().SecretAccessKey},
	})
	if err != nil {
		return m, err
	}
	select {
	case <-p.Done():
	case <-ctx.Done():
		p.Kill()
		return m, ctx.Err()
	}
	m.wall = time.Since(began)
	if err := p.Wait(); err != nil {
		return m, fmt.Errorf("%w: see %s", err, log)
	}
	if err := m.read(p.Log()); err != nil {
		return m, err
	}
	return m, os.RemoveAll(dir)
}

// read takes the host's last line.
func (m *measurement) read(log string) error {
	log = strings.TrimSpace(log)
	last := log[strings.LastIndexByte(log, '\n')+1:]
	if err := json.Unmarshal([]byte(last), &m.hosted); err != nil {
		return fmt.Errorf("the host's last word %q: %w", last, err)
	}
	if m.OK != m.Flushes {
		return fmt.Errorf("%d of %d flushes were not taken", m.Flushes-m.OK, m.Flushes)
	}
	return nil
}

// args has the host feed the lines, and the plugin ship them.
func (b *bench) args(shipper string, rate float64, store string) []string {
	args := []string{"-e", b.plugin, "-o", "sluice", "-p", "bucket=flush", "-p", "store_dir=" + store, "-p", "exit_timeout=1h",
		"--workers", "0", "--tick", "0.01", "--chunk-size", fmt.Sprint(chunkSize)}
	if shipper == away {
		// One segment, which is tried once, early on, and at the end.
		args = append(args, "-p", "endpoint=http://127.0.0.1:1", "-p", "compression=gzip", "-p", "total_file_size=5G")
	} else {
		args = append(args, "-p", "endpoint="+b.endpoint, "-p", "compression="+shipper)
	}
	if rate > 0 {
		args = append(args, "--rate", fmt.Sprintf("%.0f", rate*1e6/b.record))
	}
	for range b.repeats() {
		args = append(args, "--lines", "app="+b.lines)
	}
	return args
}

// away is a shipper whose S3 nobody has started.
const away = "away"

// repeats is how often the lines make up the chunks.
func (b *bench) repeats() int {
	return max(1, int(float64(b.chunks)*chunkSize/(b.record*lineCount)+0.5))
}
