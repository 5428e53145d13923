package main

import (
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
	out   io.Writer
	dir   string // everything is below it
	sink  *sink.Sink
	cases []*trial
}

// trial is one row of the results: one input to one output.
type trial struct {
	input
	output
	samples []sample // one for each round that went well
}

func build(s settings, out io.Writer) (*bench, error) {
	b := &bench{settings: s, out: out}
	var err error
	if b.dir, err = os.MkdirTemp("", "sluice-bench-"); err != nil {
		return nil, err
	}
	b.sink, err = sink.Start()
	return b, err
}

func (b *bench) close() { _ = b.sink.Close() }

func (b *bench) remove() error { return os.RemoveAll(b.dir) }

// prepare writes the inputs, and makes the list of what is to be measured.
func (b *bench) prepare(context.Context) error {
	for _, name := range b.inputs {
		in, err := prepare(name, b.dir, b.size)
		if err != nil {
			return err
		}
		outputs := b.outputs
		if outputs == nil {
			outputs = usual(name)
		}
		for _, o := range outputs {
			b.cases = append(b.cases, &trial{input: in, output: o})
		}
	}
	return nil
}

// usual are the outputs that an input goes to when nobody chooses.
func usual(string) []output {
	outputs, err := parseOutputs("null,s3:none,s3:gzip,s3:zstd,s3:snappy,sluice:none,sluice:gzip,sluice:gzip@0,sluice:gzip:1,sluice:zstd,sluice:snappy")
	if err != nil {
		panic(err) // a constant
	}
	return outputs
}

// measure measures everything once in each round, so that whatever else the machine does falls on all.
func (b *bench) measure(ctx context.Context) error {
	var failed error
	for round := range b.rounds {
		for _, c := range b.cases {
			s, err := b.try(ctx, c)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				err = fmt.Errorf("round %d, %s to %s: %w", round+1, c.input.name, c.output, err)
				fmt.Fprintln(b.out, err)
				failed = errors.Join(failed, err)
				continue
			}
			c.samples = append(c.samples, s)
			fmt.Fprintf(b.out, "round %d, %s to %s: %s\n", round+1, c.input.name, c.output, s)
		}
	}
	return nil
}

func (b *bench) log() string { return filepath.Join(b.dir, "fluent-bit.log") }
