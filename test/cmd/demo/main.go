// Demo ships real log lines through the real plugin to a real S3 server on loopback, with credentials
// from a mock of the EC2 instance metadata service, and counts them.
//
//	go run ./cmd/demo -plugin ../build/out_sluice.so -host ../build/flb-host
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if errors.Is(err, errUsage) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("wrong usage")

type settings struct {
	plugin, host, output string
	lines                int
	limit                time.Duration
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.plugin, "plugin", "../build/out_sluice.so", "the plugin; empty for an output that Fluent Bit has built in")
	flags.StringVar(&s.host, "host", "../build/flb-host", "the loader to use where there is no Fluent Bit")
	flags.StringVar(&s.output, "output", "sluice", "the output's name")
	flags.IntVar(&s.lines, "lines", 200_000, "how many lines to ship, in two streams")
	flags.DurationVar(&s.limit, "limit", 2*time.Minute, "give up after this time")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 {
		return s, errUsage
	}
	if s.plugin == "" {
		return s, nil
	}
	path, err := filepath.Abs(s.plugin) // the S3 server will change the working directory
	if err != nil {
		return s, err
	}
	s.plugin = path
	if _, err := os.Stat(s.plugin); err != nil {
		return s, fmt.Errorf("there is no plugin yet (make builds it): %w", err)
	}
	return s, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	settings, err := parse(args, stderr)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, settings.limit)
	defer cancel()
	d, err := build(ctx, settings, stdout)
	if err != nil {
		return err
	}
	defer d.close()
	for _, step := range []func(context.Context) error{d.write, d.ship, d.show, d.count} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("%w\nthe files are in %s", err, d.dir)
		}
	}
	return nil
}
