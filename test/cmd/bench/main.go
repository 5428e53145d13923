// Bench measures what the real Fluent Bit costs with our output, with the built-in s3 output and with none,
// in one run and by turns: CPU, time, memory, and what is stored. S3 is a server that discards.
//
//	go run ./cmd/bench -mb 100 -rounds 3 -inputs parsed -outputs null,s3:gzip,sluice:gzip
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

func main() { command.Main("bench", run) }

type settings struct {
	plugin   string // absolute, for Fluent Bit runs in a folder of its own
	version  string // its
	program  string // Fluent Bit; "" if there is none
	rounds   int
	size     int64         // bytes of lines
	tiny     time.Duration // how long the input tiny lasts
	inputs   string
	outputs  string
	markdown string // file
}

func parse(args []string, stderr io.Writer) (s settings, err error) {
	var mb float64
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.plugin, "plugin", "../build/out_sluice.so", "the plugin")
	flags.StringVar(&s.version, "version", "of an unknown version", "the plugin's version, for the report")
	flags.IntVar(&s.rounds, "rounds", 5, "how often to measure each")
	flags.Float64Var(&mb, "mb", 500,
		"how many megabytes of lines; tags get a fifth, ten a tenth, turns ten times as many")
	flags.DurationVar(&s.tiny, "tiny", 10*time.Second, "how long lines come in slowly for tiny")
	flags.StringVar(&s.inputs, "inputs", "parsed,raw,tags,tiny,ten",
		"what comes in; tags:NUMBER is one of tags; turns, and turns:NUMBER, are tags that come one after the other")
	flags.StringVar(&s.outputs, "outputs", "",
		"what each goes to: null, s3:CODEC, sluice:CODEC:LEVEL@WORKERS*COUNT; empty for a choice")
	flags.StringVar(&s.markdown, "markdown", "", "file for the results in Markdown")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 {
		return s, command.ErrUsage
	}
	if s.rounds < 1 || mb <= 0 || s.tiny <= 0 {
		return s, errors.New("-rounds, -mb and -tiny must be more than nothing")
	}
	s.size = int64(mb * 1e6)
	if s.plugin, err = command.FindPlugin(s.plugin); err != nil {
		return s, err
	}
	s.program, err = testenv.FindFluentBit()
	return s, err
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	settings, err := parse(args, stderr)
	if errors.Is(err, exec.ErrNotFound) {
		fmt.Fprintf(stdout,
			"Nothing is compared: there is no Fluent Bit, neither on the PATH nor as $FLUENT_BIT (%v).\n", err)
		return nil
	}
	if err != nil {
		return err
	}
	b, err := build(settings, stdout, stderr)
	if err != nil {
		return err
	}
	defer b.close()
	for _, step := range []func(context.Context) error{b.prepare, b.measure, b.report} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("%w\nthe files are in %s", err, b.dir)
		}
	}
	return os.RemoveAll(b.dir)
}
