package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sluice/conf"
	"sluice/creds/standard"
	"sluice/output"
	"sluice/setup"
)

func newCheck(w world) *cobra.Command {
	tag := ""
	cmd := &cobra.Command{
		Use:   "check FILE|key=value…",
		Short: "Check a configuration and print example keys",
		Long: `Check the outputs "sluice" and "s3" of a Fluent Bit configuration (classic or
YAML), or one output that is given as key=value, and print the key that an object
would get. The exit code is 1 if anything is wrong.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			sections, err := parseSections(args, w.getenv)
			if err != nil {
				return err
			}
			return check(w, sections, tag)
		},
	}
	cmd.Flags().StringVar(&tag, "tag", "app.example", "`tag` of the example keys")
	return cmd
}

// parseSections parses the arguments: a file, or the properties of one output.
func parseSections(args []string, getenv func(string) string) ([]section, error) {
	if len(args) == 1 && !strings.Contains(args[0], "=") {
		sections, err := readConfiguration(args[0], getenv)
		if err != nil {
			return nil, &failure{err}
		}
		if len(sections) == 0 {
			return nil, &failure{fmt.Errorf("%s has no output named sluice or s3", args[0])}
		}
		return sections, nil
	}
	s := section{title: "command line"}
	for _, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		if !ok {
			return nil, fmt.Errorf("%q is not key=value: write a property such as bucket=logs", arg)
		}
		s.add(name, value)
	}
	return []section{s}, nil
}

// check reports on every section.
func check(w world, sections []section, tag string) error {
	wrong := 0
	sources := standard.NewSources(standard.Environment{Getenv: w.getenv})
	for _, s := range sections {
		cfg, problems := s.parse(sources)
		if len(problems) > 0 {
			wrong++
			for _, p := range problems {
				fmt.Fprintf(w.stderr, "%s: %s %s\n", s.title, p.Property, p.Problem)
			}
			continue
		}
		if err := s.print(w, cfg, tag); err != nil {
			return &failure{err}
		}
	}
	if wrong > 0 {
		return &failure{fmt.Errorf("%d of %d outputs cannot be used", wrong, len(sections))}
	}
	return nil
}

// parse returns what a section means, and what is wrong with it.
func (s section) parse(sources *standard.Sources) (conf.Config, conf.Mistakes) {
	names := make([]string, 0, len(s.properties))
	for _, p := range s.properties {
		names = append(names, p.name)
	}
	problems := conf.CheckNames(names)
	cfg, err := setup.Parse(s.get, sources)
	var found conf.Mistakes
	if errors.As(err, &found) {
		return cfg, append(problems, found...)
	}
	return cfg, append(problems, s.checkFiles(cfg, sources)...)
}

// print shows what a valid section means.
func (s section) print(w world, cfg conf.Config, tag string) error {
	key, err := output.ExampleKey(cfg, tag, time.Now())
	if err != nil {
		return err
	}
	target := cfg.Endpoint
	if target == "" {
		target = "Amazon S3 in " + cfg.Region
	}
	fmt.Fprintf(w.stdout, "%s: ok\n", s.title)
	fmt.Fprintf(w.stdout, "  to    bucket %s at %s\n", cfg.Bucket, target)
	fmt.Fprintf(w.stdout, "  as    %s, compression %s, objects of %d bytes or %v\n",
		cfg.Format, cfg.Compression, cfg.TotalFileSize, cfg.UploadTimeout)
	fmt.Fprintf(w.stdout, "  key   %s\n", key)
	if cfg.CAFile != "" {
		fmt.Fprintf(w.stdout, "  ca    %s\n", cfg.CAFile)
	}
	for _, text := range slices.Concat(cfg.Warnings, cfg.Notes(), storeHint(cfg.StoreDir), s.hints(), dateHints(cfg)) {
		fmt.Fprintf(w.stdout, "  note  %s\n", text)
	}
	return nil
}
