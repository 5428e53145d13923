package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"sluice/test/cmd/bench/sink"
)

// bench is what the steps share.
type bench struct {
	settings
	out      io.Writer
	progress io.Writer
	dir      string // everything is below it
	sink     *sink.Sink
	trials   []*trial
}

// trial is one row of the results: one input to one output.
type trial struct {
	input
	output
	samples []sample // one for each round that went well
	failed  error    // what went wrong in which rounds
}

func (t *trial) String() string { return t.input.name + " to " + t.output.String() }

func build(s settings, out, progress io.Writer) (*bench, error) {
	b := &bench{settings: s, out: out, progress: progress}
	var err error
	if b.dir, err = os.MkdirTemp("", "sluice-bench-"); err != nil {
		return nil, err
	}
	b.sink, err = sink.Start()
	return b, err
}

func (b *bench) close() { _ = b.sink.Close() }

// prepare writes the inputs, and makes the list of what is to be measured.
func (b *bench) prepare(context.Context) error {
	for _, name := range names(b.inputs) {
		in, err := b.input(name, b.dir)
		if err != nil {
			return err
		}
		outputs, err := parseOutputs(cmp.Or(b.outputs, in.outputs))
		if err != nil {
			return err
		}
		for _, o := range outputs {
			b.trials = append(b.trials, &trial{input: in, output: o})
		}
	}
	return nil
}

// measure measures everything once in each round, so that whatever else the machine does falls on all.
func (b *bench) measure(ctx context.Context) error {
	for round := range b.rounds {
		for _, t := range b.trials {
			s, err := b.try(ctx, t)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err == nil {
				t.samples = append(t.samples, s)
				fmt.Fprintf(b.progress, "round %d, %s: %s\n", round+1, t, s)
			}
			if err = cmp.Or(err, s.err()); err == nil {
				continue
			}
			err = fmt.Errorf("round %d, %s: %w", round+1, t, err)
			fmt.Fprintln(b.progress, err)
			t.failed = errors.Join(t.failed, err,
				b.keep(fmt.Sprintf("failed-%d-%s-%s", round+1, t.input.name, t.output)))
		}
	}
	return nil
}

// run is the folder of the process that runs.
func (b *bench) run() string { return filepath.Join(b.dir, "run") }

// keep keeps the folder of a process that has failed.
func (b *bench) keep(name string) error { return os.Rename(b.run(), filepath.Join(b.dir, name)) }
