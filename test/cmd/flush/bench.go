package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"sluice/test/testenv"
)

// bench is what the measurements share.
type bench struct {
	settings
	dir      string // everything is below it
	endpoint string // of an S3 that discards
	close    func() error
	control  string  // a plugin that ships nothing
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

func build(ctx context.Context, s settings) (*bench, error) {
	b := &bench{settings: s}
	var err error
	if b.dir, err = os.MkdirTemp("", "sluice-flush-"); err != nil {
		return nil, err
	}
	if err := b.buildControl(ctx); err != nil {
		return nil, err
	}
	lines := testenv.Orders(lineCount)
	size, err := lines.WriteFile(b.dir)
	if err != nil {
		return nil, err
	}
	b.lines = lines.File(b.dir)
	b.record = float64(size)/lineCount + recordHead
	b.endpoint, b.close, err = testenv.Discard{}.Listen()
	return b, err
}

// buildControl builds the plugin that tests the host. It hashes each chunk, which takes a few milliseconds,
// and does nothing else: what is late with it is late because of the machine.
func (b *bench) buildControl(ctx context.Context) error {
	b.control = filepath.Join(b.dir, "out_trace.so")
	out, err := exec.CommandContext(ctx, "go", "build", "-buildmode=c-shared", "-o", b.control,
		"./host/testdata/plugin").CombinedOutput()
	if err != nil {
		return fmt.Errorf("build the control plugin: %w\n%s", err, out)
	}
	return nil
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

// hosted is what the host reports at the end.
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
	keys := testenv.OwnerKeys()
	began := time.Now()
	log := filepath.Join(dir, "host.log")
	p, err := testenv.Start(testenv.Command{
		Path: b.host, Args: b.args(shipper, rate, filepath.Join(dir, "store")), Dir: dir, Log: log,
		Env: []string{"HOME=" + dir, "AWS_ACCESS_KEY_ID=" + keys.AccessKeyID,
			"AWS_SECRET_ACCESS_KEY=" + keys.SecretAccessKey, "TRACE_FILE=" + os.DevNull},
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
	args := append(b.output(shipper, store), "--workers", "0", "--tick", "0.01", "--chunk-size", fmt.Sprint(chunkSize))
	if rate > 0 {
		args = append(args, "--rate", fmt.Sprintf("%.0f", rate*1e6/b.record))
	}
	for range b.repeats() {
		args = append(args, "--lines", "app="+b.lines)
	}
	return args
}

// Shippers that are not codecs.
const (
	control = "control"
	away    = "away" // its S3 is
)

func (b *bench) output(shipper, store string) []string {
	ours := []string{"-e", b.plugin, "-o", "sluice", "-p", "bucket=flush", "-p", "store_dir=" + store, "-p",
		"exit_timeout=1h"}
	switch shipper {
	case control:
		return []string{"-e", b.control, "-o", "trace"}
	case away: // one segment, which is tried once, early on, and at the end
		return append(ours, "-p", "endpoint=http://127.0.0.1:1", "-p", "compression=gzip", "-p", "total_file_size=5G")
	}
	return append(ours, "-p", "endpoint="+b.endpoint, "-p", "compression="+shipper)
}

// repeats is how often the lines make up the chunks.
func (b *bench) repeats() int {
	return max(1, int(float64(b.chunks)*chunkSize/(b.record*lineCount)+0.5))
}
