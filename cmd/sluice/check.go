package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"sluice/creds/standard"
)

func newCheck(w world) *cobra.Command {
	tag, asJSON := "", false
	cmd := &cobra.Command{
		Use:   "check FILE|-|key=value…",
		Short: "Check a configuration and print example keys",
		Long: `Check the outputs "sluice" and "s3" of a Fluent Bit configuration (classic or
YAML, - for standard input), or one output that is given as key=value, and print
the key that an object would get. Every mistake is told with its place and the
remedy. Files and variables count as this user and this environment have them.
The exit code is 1 if anything is wrong.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			sections, err := parseSections(args, cmd.InOrStdin(), w.getenv)
			if err != nil {
				return err
			}
			return failed(check(w, sections, tag, asJSON))
		},
	}
	cmd.Flags().StringVar(&tag, "tag", "app.example", "`tag` of the example keys")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, mistakes included")
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
func check(w world, sections []section, tag string, asJSON bool) error {
	sources := standard.NewSources(standard.Environment{Getenv: w.getenv})
	defer sources.Close()
	reports, wrong := make([]report, 0, len(sections)), 0
	for _, s := range sections {
		r, err := newReport(s, sources, tag)
		if err != nil {
			return err
		}
		reports = append(reports, r)
		if len(r.mistakes) > 0 {
			wrong++
		}
	}
	if asJSON {
		if err := writeReportsJSON(w.stdout, reports); err != nil {
			return err
		}
	} else {
		for _, r := range reports {
			r.write(w.stdout, w.stderr)
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d outputs cannot be used", wrong, len(sections))
	}
	return nil
}
