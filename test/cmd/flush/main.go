// Flush measures how long the plugin keeps Fluent Bit's engine in the flush callback, at workers 0, and
// whether it delays the engine's timers beyond that: with a shipper that has nothing to do since S3 is
// away, and with one that encodes, compresses and uploads beside it. S3 is a server that discards.
//
//	go run ./cmd/flush -chunks 500 -rates 50,0 -markdown flush.md
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"sluice/test/cmd/internal/command"
)

func main() { command.Main("flush", run) }

type settings struct {
	plugin, host string    // absolute: the host runs in a folder of its own
	chunks       int       // of each run
	rates        []float64 // MB/s; 0 is as fast as it goes
	shippers     []string  // "away", or a codec
	markdown     string    // file
}

func parse(args []string, stderr io.Writer) (s settings, err error) {
	flags := flag.NewFlagSet("flush", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.plugin, "plugin", "../build/out_sluice.so", "the plugin")
	flags.StringVar(&s.host, "host", "../build/flb-host", "the loader")
	flags.IntVar(&s.chunks, "chunks", 500, "how many chunks of 2 MB")
	rates := flags.String("rates", "50,0", "megabytes a second; 0 is as fast as they are taken")
	shippers := flags.String("shippers", "control,away,gzip,zstd",
		"what goes on meanwhile: control (another plugin, that hashes each chunk), away (S3 is), or a codec")
	flags.StringVar(&s.markdown, "markdown", "", "file for the table in Markdown")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 || s.chunks < 1 {
		return s, command.ErrUsage
	}
	s.shippers = strings.Split(*shippers, ",")
	for text := range strings.SplitSeq(*rates, ",") {
		rate, err := strconv.ParseFloat(text, 64)
		if err != nil || rate < 0 {
			return s, fmt.Errorf("-rates: %q is no number of megabytes", text)
		}
		s.rates = append(s.rates, rate)
	}
	if s.host, err = filepath.Abs(s.host); err != nil {
		return s, err
	}
	s.plugin, err = command.FindPlugin(s.plugin)
	return s, err
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	settings, err := parse(args, stderr)
	if err != nil {
		return err
	}
	b, err := build(ctx, settings)
	if err != nil {
		return err
	}
	defer b.close()
	for _, rate := range b.rates {
		for _, shipper := range b.shippers {
			m, err := b.measure(ctx, shipper, rate)
			if err != nil {
				return fmt.Errorf("%w\nthe files are in %s", err, b.dir)
			}
			fmt.Fprintln(stderr, m)
			b.measured = append(b.measured, m)
		}
	}
	if err := b.report(stdout); err != nil {
		return err
	}
	return os.RemoveAll(b.dir)
}
