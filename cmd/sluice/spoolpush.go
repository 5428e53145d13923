package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sluice/conf"
	"sluice/creds"
	"sluice/creds/standard"
	"sluice/output"
	"sluice/setup"
	"sluice/spool"
)

// push is what "sluice spool push" was asked for.
type push struct {
	world
	sources    *standard.Sources
	set        []string // properties, as key=value
	profile    string
	quarantine bool
	json       bool
}

func newSpoolPush(w world) *cobra.Command {
	p := push{world: w, sources: standard.NewSources(standard.Environment{Getenv: w.getenv})}
	cmd := &cobra.Command{
		Use:   "push DIR",
		Short: "Upload what is in a spool, without Fluent Bit",
		Long: `Upload all segments of a store_dir, or of one output's folder in it, to the objects
that they were meant for, and remove them. That also works on another machine, to which
the volume of a lost instance was attached. No Fluent Bit may use the folder meanwhile.
Each segment is tried once. If any cannot be uploaded, it stays and the exit code is 1.

Bucket, region, endpoint, canned ACL, storage class and content type are those of the
output that wrote the segment, unless --set says otherwise. Of a damaged segment, what
can be read is uploaded and the segment is moved to quarantine. The exit code is 1 if
nothing of it can be read:

	sluice spool push --set region=eu-west-1 --profile logs /mnt/fluent-bit/s3`,
		Args: oneSpool,
		RunE: func(cmd *cobra.Command, args []string) error { return failed(p.run(cmd.Context(), args[0])) },
	}
	profileFlag(cmd, &p.profile)
	cmd.Flags().StringArrayVar(&p.set, "set", nil, "set a property of the plugin, as `key=value`; may be repeated")
	cmd.Flags().BoolVar(&p.quarantine, "quarantine", false, "also push what is in quarantine")
	cmd.Flags().BoolVar(&p.json, "json", false, "print JSON, one segment a line")
	return cmd
}

// run pushes all folders. One that cannot be pushed completely does not stop the
// others.
func (p push) run(ctx context.Context, path string) error {
	folders, err := spool.Folders(path)
	if err != nil {
		return err
	}
	if len(folders) == 0 {
		return fmt.Errorf("%s %w", path, spool.ErrNotSpool)
	}
	left, lost := 0, 0
	for _, folder := range folders {
		done, err := p.folder(ctx, folder)
		if err != nil {
			return fmt.Errorf("push %s: %w", folder, err)
		}
		left += done.Left
		lost += countUnreadable(done)
	}
	var problems []error
	if left > 0 {
		problems = append(problems, fmt.Errorf("%d segments could not be uploaded and are still there", left))
	}
	if lost > 0 {
		problems = append(problems,
			fmt.Errorf("%d segments were not stored since nothing of them can be read: they are in quarantine", lost))
	}
	return errors.Join(problems...)
}

// folder pushes one output's folder.
func (p push) folder(ctx context.Context, folder string) (output.Pushed, error) {
	own, err := p.properties()
	if err != nil {
		return output.Pushed{}, err
	}
	bar := &pushBar{out: p.stderr, folder: folder}
	var report pushReporter = bar
	if p.json {
		report = jsonLines{json.NewEncoder(p.stdout)}
	}
	done, err := output.Push(ctx, output.PushOptions{
		Dir:     folder,
		Readmit: p.quarantine,
		Bucket:  own["bucket"],

		OwnAttributes: setsAttributes(own),
		Config:        p.config,
		Credentials:   p.provider,
		Writer:        "sluice " + version,
		Log:           slog.New(slog.NewTextHandler(bar, &slog.HandlerOptions{Level: slog.LevelWarn})),
		OnEvent:       report.event,
	}, report.begin)
	report.end()
	if err != nil {
		return done, err
	}
	if p.json {
		return done, writeQuarantinedJSON(p.stdout, done.Quarantined)
	}
	writePushed(p.stdout, folder, done)
	return done, nil
}

// properties returns the properties that the flags set.
func (p push) properties() (map[string]string, error) {
	own := map[string]string{"profile": p.profile}
	for _, s := range p.set {
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			return nil, fmt.Errorf("--set %q is not key=value: write a property such as region=eu-west-1", s)
		}
		own[strings.ToLower(name)] = value
	}
	return own, nil
}

// setsAttributes reports whether properties say what objects are stored with.
func setsAttributes(own map[string]string) bool {
	for _, p := range conf.Properties() {
		if _, set := own[p.Name]; set && (p.Travels || p.Alias != "") && p.Name != "region" && p.Name != "endpoint" {
			return true
		}
	}
	return false
}

// config makes a segment's configuration. The flags win over settings, which are
// those of the output that wrote it.
func (p push) config(settings map[string]string) (conf.Config, error) {
	own, err := p.properties()
	if err != nil {
		return conf.Config{}, err
	}
	if wrong := conf.CheckNames(slices.Sorted(maps.Keys(own))); len(wrong) > 0 {
		return conf.Config{}, wrong
	}
	return setup.ParseRecorded(func(name string) (string, bool) {
		if value, set := own[name]; set && value != "" {
			return value, true
		}
		value, set := settings[name]
		return value, set
	}, p.sources)
}

func (p push) provider(c conf.Config) creds.Provider { return p.sources.Provider(setup.Credentials(c)) }
