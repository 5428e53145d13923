// Backlog keeps S3 away while gigabytes of log lines come in, then brings it back while more lines come.
// It reports how much memory Fluent Bit takes with the plugin in it, compared with the null output, and how
// fast the backlog drains; every line must be on S3 once.
//
//	go run ./cmd/backlog -gb 5
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"sluice/test/cmd/internal/command"
	"sluice/test/testenv"
)

func main() { command.Main("backlog", run) }

type settings struct {
	plugin    string // absolute: the S3 server changes the working directory
	fluentBit testenv.FluentBit
	gigabytes float64 // of lines
}

func parse(args []string, stderr io.Writer) (s settings, err error) {
	flags := flag.NewFlagSet("backlog", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.plugin, "plugin", "../build/out_sluice.so", "the plugin")
	flags.Float64Var(&s.gigabytes, "gb", 1, "how many gigabytes of lines come in while S3 is away")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 {
		return s, command.ErrUsage
	}
	if s.plugin, err = command.FindPlugin(s.plugin); err != nil {
		return s, err
	}
	s.fluentBit.Program, err = testenv.FindFluentBit()
	return s, err
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	settings, err := parse(args, stderr)
	if err != nil {
		return err
	}
	b, err := build(settings, stdout)
	if err != nil {
		return err
	}
	defer b.close()
	for _, step := range []func(context.Context) error{b.write, b.measureNull, b.fill, b.drain, b.count} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("%w\nthe files are in %s", err, b.dir)
		}
	}
	return os.RemoveAll(b.dir)
}
