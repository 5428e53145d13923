// Demo ships real log lines through the real plugin to a real S3 server on loopback, with credentials
// from a mock of the EC2 instance metadata service, and counts them.
//
//	go run ./cmd/demo -plugin ../build/out_sluice.so -host ../build/flb-host
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"time"

	"sluice/test/cmd/internal/command"
)

func main() { command.Main("demo", run) }

type settings struct {
	plugin, host, output string
	lines                int
	limit                time.Duration
}

func parse(args []string, stderr io.Writer) (s settings, err error) {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.plugin, "plugin", "../build/out_sluice.so",
		"the plugin; empty for an output that Fluent Bit has built in")
	flags.StringVar(&s.host, "host", "../build/flb-host", "the loader to use where there is no Fluent Bit")
	flags.StringVar(&s.output, "output", "sluice", "the output's name")
	flags.IntVar(&s.lines, "lines", 200_000, "how many lines to ship, in two streams")
	flags.DurationVar(&s.limit, "limit", 2*time.Minute, "give up after this time")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 {
		return s, command.ErrUsage
	}
	if s.plugin == "" {
		return s, nil
	}
	s.plugin, err = command.FindPlugin(s.plugin)
	return s, err
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
