package main

import (
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
YAML), or one output that is given as key=value, and print what the objects of
a tag would be called. Exit code 1 if anything is wrong.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			sections, err := sectionsOf(args, w.getenv)
			if err != nil {
				return err
			}
			return check(w, sections, tag)
		},
	}
	cmd.Flags().StringVar(&tag, "tag", "app.example", "tag of the example keys")
	return cmd
}

// sectionsOf reads the arguments: a file, or the properties of one output.
func sectionsOf(args []string, getenv func(string) string) ([]section, error) {
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
			return nil, fmt.Errorf("%q is not key=value", arg)
		}
		s.add(name, value)
	}
	return []section{s}, nil
}

// check reports on every section.
func check(w world, sections []section, tag string) error {
	wrong := 0
	for _, s := range sections {
		if problems := s.check(); len(problems) > 0 {
			wrong++
			for _, p := range problems {
				fmt.Fprintf(w.stderr, "%s: %s %s\n", s.title, p.Property, p.Problem)
			}
			continue
		}
		if err := s.print(w, tag); err != nil {
			return &failure{err}
		}
	}
	if wrong > 0 {
		return &failure{fmt.Errorf("%d of %d outputs cannot be used", wrong, len(sections))}
	}
	return nil
}

// check returns what is wrong with a section.
func (s section) check() conf.Mistakes {
	names := make([]string, 0, len(s.properties))
	for _, p := range s.properties {
		names = append(names, p.name)
	}
	problems := conf.CheckNames(names)
	_, err := conf.Parse(s.get, conf.Checks{KeyFormat: output.CheckKeyFormat})
	if found, ok := err.(conf.Mistakes); ok {
		problems = append(problems, found...)
	}
	return problems
}

// print shows what a right section means.
func (s section) print(w world, tag string) error {
	sources := standard.NewSources(standard.Environment{Getenv: w.getenv})
	cfg, err := setup.Parse(s.get, sources)
	if err != nil {
		return err
	}
	if _, err := sources.STS(setup.Credentials(cfg)); err != nil { // its authorities cannot be read
		return fmt.Errorf("%s: %w", s.title, err)
	}
	key, err := output.ExampleKey(cfg, tag, time.Now())
	if err != nil {
		return err
	}
	target := cfg.Endpoint
	if target == "" {
		target = "Amazon S3 in " + cfg.Region
	}
	fmt.Fprintf(w.stdout, "%s: ok\n  to    bucket %s at %s\n  as    %s, compression %s, objects of %d bytes or %v\n  key   %s\n", s.title, cfg.Bucket, target, "json_lines", cfg.Compression, cfg.TotalFileSize, cfg.UploadTimeout, key)
	if cfg.CAFile != "" {
		fmt.Fprintf(w.stdout, "  ca    %s\n", cfg.CAFile)
	}
	for _, text := range slices.Concat(cfg.Warnings, s.hints(), dateHints(cfg)) {
		fmt.Fprintf(w.stdout, "  note  %s\n", text)
	}
	return nil
}

// dateHints tell what becomes of records that have a member with the name of the date.
func dateHints(cfg conf.Config) []string {
	if cfg.JSONDateKey == "" || cfg.LogKey != "" {
		return nil
	}
	return []string{fmt.Sprintf("a record's member %q takes the place of its time, as the last one of equal names does: "+
		"if there is such a member, set json_date_key to another name", cfg.JSONDateKey)}
}

// hints are for settings that Fluent Bit keeps for itself.
func (s section) hints() (hints []string) {
	for _, name := range []string{"tls.verify", "tls.ca_file"} {
		if _, set := s.get(name); set {
			better := map[string]string{"tls.verify": "ssl_verify", "tls.ca_file": "ca_file"}[name]
			hints = append(hints, fmt.Sprintf("%s is kept by Fluent Bit's engine; for uploads set %s", name, better))
		}
	}
	switch limit, _ := s.get("retry_limit"); strings.ToLower(limit) {
	case "no_limits", "false", "off":
	default:
		hints = append(hints, "set retry_limit no_limits: otherwise Fluent Bit drops a chunk that the spool cannot take (disk full, store_dir_limit_size) after a few tries")
	}
	return hints
}
