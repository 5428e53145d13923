// Bench measures what the real Fluent Bit costs with our output, with the built-in s3 output and with none,
// in one run and by turns: CPU, time, memory, and what is stored. S3 is a server that discards.
//
//	go run ./cmd/bench -mb 100 -rounds 3 -inputs parsed -outputs null,s3:gzip,sluice:gzip
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

	"sluice/test/cmd/internal/command"
	"sluice/test/stack"
)

func main() { command.Main("bench", run) }

type settings struct {
	plugin   string
	program  string // Fluent Bit
	rounds   int
	size     int64 // bytes of lines
	inputs   []string
	outputs  []output // nil for each input's own
	markdown string   // file
}

func parse(args []string, stderr io.Writer) (s settings, err error) {
	var mb int
	var inputs, outputs string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.plugin, "plugin", "../build/out_sluice.so", "the plugin")
	flags.IntVar(&s.rounds, "rounds", 5, "how often to measure each")
	flags.IntVar(&mb, "mb", 500, "how many megabytes of lines")
	flags.StringVar(&inputs, "inputs", "parsed,raw", "what comes in")
	flags.StringVar(&outputs, "outputs", "", "what it goes to, as PLUGIN:CODEC:LEVEL@WORKERS; empty for a choice")
	flags.StringVar(&s.markdown, "markdown", "", "file for the results in Markdown")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 {
		return s, command.ErrUsage
	}
	s.size, s.inputs = int64(mb)*1e6, strings.Split(inputs, ",")
	if s.outputs, err = parseOutputs(outputs); err != nil {
		return s, err
	}
	if s.plugin, err = command.FindPlugin(s.plugin); err != nil {
		return s, err
	}
	s.program, err = stack.FindFluentBit()
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
	for _, step := range []func(context.Context) error{b.prepare, b.measure, b.report} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("%w\nthe last log is in %s", err, b.dir)
		}
	}
	return b.remove()
}
