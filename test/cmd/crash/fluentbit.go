package main

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"sluice/test/testenv"
)

// fluentBit is the real one: lines come in by HTTP into filesystem storage, and go out by two outputs of
// the plugin.
type fluentBit struct {
	settings
	program  string
	endpoint string // of S3
	addr     string // of its http input
	lines    []*stream
	load     *load
}

func newFluentBit(s settings, program, endpoint string) (*fluentBit, error) {
	addr, err := testenv.LastingAddr()
	return &fluentBit{settings: s, program: program, endpoint: endpoint, addr: addr, lines: newStreams()}, err
}

func (f *fluentBit) streams() []*stream { return f.lines }

func (f *fluentBit) begin() error {
	f.load = startLoad(f.addr, f.lines)
	return nil
}

func (f *fluentBit) end() { f.load.end() }

func (f *fluentBit) start() (*testenv.Process, error) {
	file := filepath.Join(f.dir, "fluent-bit.conf")
	if err := os.WriteFile(file, []byte(f.config()), 0o644); err != nil {
		return nil, err
	}
	return f.command(f.program, "-e", f.plugin, "-c", file)
}

// config has Fluent Bit delete the chunk files that it was killed over before anything was in them: it
// would keep them for ever, unread.
func (f *fluentBit) config() string {
	var b strings.Builder
	host, port, _ := net.SplitHostPort(f.addr)
	testenv.Section(&b, "SERVICE", []testenv.Property{
		{Name: "flush", Value: "0.2"}, {Name: "grace", Value: "2"}, {Name: "log_level", Value: "info"},
		{Name: "storage.path", Value: f.chunks()}, {Name: "storage.delete_irrecoverable_chunks", Value: "on"},
		{Name: "scheduler.base", Value: "1"}, {Name: "scheduler.cap", Value: "5"},
	})
	testenv.Section(&b, "INPUT", []testenv.Property{
		{Name: "name", Value: "http"}, {Name: "listen", Value: host}, {Name: "port", Value: port},
		{Name: "storage.type", Value: "filesystem"},
	})
	big := f.output("big", f.endpoint, testenv.Property{Name: "total_file_size", Value: "11M"})
	for _, properties := range [][]testenv.Property{f.small(f.endpoint), big} {
		testenv.Section(&b, "OUTPUT", append([]testenv.Property{{Name: "name", Value: "sluice"}}, properties...))
	}
	return b.String()
}

// settle waits until nothing is pending.
func (f *fluentBit) settle(ctx context.Context) error {
	p, err := f.start()
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = testenv.Wait(limited, p.Done(), func() bool { return f.empty(filepath.Join(f.chunks(), "*", "*.flb")) })
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil // the count shows what is missing
	}
	return errors.Join(err, end(ctx, p, syscall.SIGTERM))
}
