// Idle measures what the real Fluent Bit computes in a minute in which nothing happens, after a load: with
// our output in it, and with the null output. What ours adds must be less than a thousandth of a core.
//
//	go run ./cmd/idle -mb 20 -for 1m
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"sluice/test/cmd/internal/command"
	"sluice/test/testenv"
)

func main() { command.Main("idle", run) }

type settings struct {
	plugin    string // absolute: Fluent Bit runs in a folder of its own
	fluentBit testenv.FluentBit
	megabytes float64 // of lines
	rest      time.Duration
	markdown  string // file
}

func parse(args []string, stderr io.Writer) (s settings, err error) {
	flags := flag.NewFlagSet("idle", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.plugin, "plugin", "../build/out_sluice.so", "the plugin")
	flags.Float64Var(&s.megabytes, "mb", 20, "how many megabytes of lines come before")
	flags.DurationVar(&s.rest, "for", time.Minute, "how long nothing happens")
	flags.StringVar(&s.markdown, "markdown", "", "file for the table in Markdown")
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
	if errors.Is(err, exec.ErrNotFound) {
		fmt.Fprintf(stdout,
			"Nothing is measured: there is no Fluent Bit, neither on the PATH nor as $FLUENT_BIT (%v).\n", err)
		return nil
	}
	if err != nil {
		return err
	}
	b, err := build(settings)
	if err != nil {
		return err
	}
	defer b.close()
	for _, step := range []func(context.Context) error{b.load, b.measure} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("%w\nthe files are in %s", err, b.dir)
		}
	}
	return errors.Join(b.report(stdout), os.RemoveAll(b.dir))
}
