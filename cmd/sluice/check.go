package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"sluice/creds/standard"
	"sluice/output"
)

// sample is whose key is shown.
type sample struct {
	tag    string
	record output.Sample
}

// checking is what "sluice check" was asked for.
type checking struct {
	world
	sample
	live, json bool
}

func newCheck(w world) *cobra.Command {
	c, text := checking{world: w}, ""
	cmd := &cobra.Command{
		Use:   "check FILE|-|key=value…",
		Short: "Check a configuration and print example keys",
		Long: `Check the outputs "sluice" and "s3" of a Fluent Bit configuration (classic or
YAML, - for standard input), or one output that is given as key=value, and print
the key that an object would get. Every mistake is told with its place and the
remedy. Files and variables count as this user and this environment have them.
The exit code is 1 if anything is wrong.

With --record it prints the bucket and the key of an object with that record. Its
time is that of the member that json_date_key names, as in the objects, or now.

With --live it also asks: for credentials, STS whose they are, and S3 to store a small
object beside the example key, which is then deleted.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			sections, err := parseSections(args, cmd.InOrStdin(), w.getenv)
			if err != nil {
				return err
			}
			if text != "" {
				if c.record, err = output.ParseSample(text); err != nil {
					return fmt.Errorf("--record %s %w", text, err)
				}
			}
			return failed(c.check(cmd.Context(), sections))
		},
	}
	cmd.Flags().StringVar(&c.tag, "tag", "app.example", "`tag` of the example keys")
	cmd.Flags().StringVar(&text, "record", "", "`JSON` of a record for the example keys")
	cmd.Flags().BoolVar(&c.live, "live", false, "ask the servers, and store and delete a test object")
	cmd.Flags().BoolVar(&c.json, "json", false, "print JSON, mistakes included")
	return cmd
}

// parseSections parses the arguments: a file, or the properties of one output.
func parseSections(args []string, stdin io.Reader, getenv func(string) string) ([]section, error) {
	if len(args) == 1 && !strings.Contains(args[0], "=") {
		sections, err := readConfiguration(args[0], stdin, getenv)
		if err != nil {
			return nil, &failure{err}
		}
		if len(sections) == 0 {
			return nil, &failure{fmt.Errorf("%s has no output named sluice or s3", args[0])}
		}
		return sections, nil
	}
	s := section{at: position{file: "command line"}}
	for _, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		if !ok {
			return nil, fmt.Errorf("%q is not key=value: write a property such as bucket=logs", arg)
		}
		s.add(strings.ToLower(name), value, s.at)
	}
	s.refused = s.doubled()
	return []section{s}, nil
}

// check reports on every section.
func (c checking) check(ctx context.Context, sections []section) error {
	sources := standard.NewSources(standard.Environment{Getenv: c.getenv})
	defer sources.Close()
	reports, wrong := make([]report, 0, len(sections)), 0
	for _, s := range sections {
		r, err := newReport(s, sources, c.sample)
		if err != nil {
			return err
		}
		if c.live && len(r.mistakes) == 0 {
			r.ask(ctx, sources, c.stderr)
		}
		reports = append(reports, r)
		if !r.ok() {
			wrong++
		}
	}
	if c.json {
		if err := writeReportsJSON(c.stdout, reports); err != nil {
			return err
		}
	} else {
		for _, r := range reports {
			r.write(c.stdout, c.stderr)
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d outputs cannot be used", wrong, len(sections))
	}
	return nil
}
