package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
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
that they were meant for, and remove them: on another machine, say, to which a lost
instance's volume was attached. No Fluent Bit may have the folder meanwhile. Each
segment is tried once; what cannot be uploaded stays, and the exit code is 1.

Bucket, region, endpoint, canned ACL, storage class and content type are those of the
output that has written the segment; --set says otherwise. A segment that is damaged is
put aside when what can be read of it is stored; the exit code is 1 if that is nothing:

	sluice spool push --set region=eu-west-1 --profile logs /mnt/fluent-bit/s3`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return failed(p.run(cmd.Context(), args[0])) },
	}
	profileFlag(cmd, &p.profile)
	cmd.Flags().StringArrayVar(&p.set, "set", nil, "property of the plugin to use, as key=value; may be repeated")
	cmd.Flags().BoolVar(&p.quarantine, "quarantine", false, "push what was put aside, too")
	cmd.Flags().BoolVar(&p.json, "json", false, "print JSON, a line for each segment")
	return cmd
}

// run pushes all folders, and goes on behind one that cannot be pushed whole.
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
		lost += unread(done)
	}
	var problems []error
	if left > 0 {
		problems = append(problems, fmt.Errorf("%d segments could not be uploaded and are still there", left))
	}
	if lost > 0 {
		problems = append(problems, fmt.Errorf("of %d segments nothing was stored, since nothing of them can be read: they were put aside", lost))
	}
	return errors.Join(problems...)
}

func (p push) folder(ctx context.Context, folder string) (output.Pushed, error) {
	own, err := p.own()
	if err != nil {
		return output.Pushed{}, err
	}
	var show shower = &progress{out: p.stderr, folder: folder}
	if p.json {
		show = jsonLines{json.NewEncoder(p.stdout)}
	}
	done, err := output.Push(ctx, output.PushOptions{
		Dir: folder, Readmit: p.quarantine, Bucket: own["bucket"], Config: p.config, Credentials: p.provider, Writer: "sluice " + version,
		Log:  slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Told: show.event,
	}, show.begin)
	if err != nil {
		return done, err
	}
	if p.json {
		return done, writeAsideJSON(p.stdout, done.Aside)
	}
	writePushed(p.stdout, folder, done)
	return done, nil
}

// writePushed sums up what became of a folder.
func writePushed(out io.Writer, folder string, done output.Pushed) {
	lost := unread(done)
	fmt.Fprintf(out, "%s: %d segments uploaded, %d left", folder, done.Segments-done.Left-lost, done.Left)
	if n := len(done.Aside); n > 0 {
		fmt.Fprintf(out, ", %d damaged and put aside (nothing can be read of %d)", n, lost)
	}
	fmt.Fprintln(out)
	for _, each := range done.Aside {
		fmt.Fprintf(out, "  %s: %s\n", each.File, each.Reason)
	}
}

// writeAsideJSON has a line for each segment that was put aside.
func writeAsideJSON(out io.Writer, all []output.Aside) error {
	lines := json.NewEncoder(out)
	for _, each := range all {
		err := lines.Encode(struct {
			PutAside string `json:"put_aside"`
			Records  int64  `json:"records"`
			Reason   string `json:"reason"`
		}{each.File, each.Records, each.Reason})
		if err != nil {
			return err
		}
	}
	return nil
}

// unread counts the segments of which nothing was stored, since nothing of them can be read.
func unread(done output.Pushed) (count int) {
	for _, each := range done.Aside {
		if each.Records == 0 {
			count++
		}
	}
	return count
}

// own are the properties that the flags say.
func (p push) own() (map[string]string, error) {
	own := map[string]string{"profile": p.profile}
	for _, s := range p.set {
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			return nil, fmt.Errorf("--set %q is not key=value", s)
		}
		own[strings.ToLower(name)] = value
	}
	return own, nil
}

// config checks what a segment and the flags say.
func (p push) config(settings map[string]string) (conf.Config, error) {
	own, err := p.own()
	if err != nil {
		return conf.Config{}, err
	}
	if wrong := conf.CheckNames(slices.Sorted(maps.Keys(own))); len(wrong) > 0 {
		return conf.Config{}, wrong
	}
	return setup.Parse(func(name string) (string, bool) {
		if value, set := own[name]; set && value != "" {
			return value, true
		}
		value, set := settings[name]
		return value, set
	}, p.sources)
}

func (p push) provider(c conf.Config) creds.Provider { return p.sources.Provider(setup.Credentials(c)) }

// shower tells somebody how a push gets on.
type shower interface {
	begin(all output.Pushed)
	event(e output.Event)
}

// progress is a bar on a terminal, and nothing elsewhere.
type progress struct {
	out    io.Writer
	folder string
	bar    *progressbar.ProgressBar
}

func (p *progress) begin(all output.Pushed) {
	visible := false
	if f, ok := p.out.(*os.File); ok {
		info, err := f.Stat()
		visible = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	p.bar = progressbar.NewOptions64(all.Bytes, progressbar.OptionSetWriter(p.out), progressbar.OptionSetVisibility(visible),
		progressbar.OptionSetDescription(p.folder), progressbar.OptionShowBytes(true), progressbar.OptionSetPredictTime(true),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionOnCompletion(func() { fmt.Fprintln(p.out) }))
}

func (p *progress) event(e output.Event) {
	if e.Err == nil {
		_ = p.bar.Add64(e.Segment) // for the eye only
	}
}

// jsonLines is for scripts.
type jsonLines struct{ out *json.Encoder }

func (jsonLines) begin(output.Pushed) {}

func (j jsonLines) event(e output.Event) {
	line := struct {
		Segment string `json:"segment"`
		Bucket  string `json:"bucket"`
		Key     string `json:"key"`
		Records int64  `json:"records"`
		Bytes   int64  `json:"bytes"`
		Error   string `json:"error,omitempty"`
	}{fmt.Sprintf("%016x", e.ID), e.Bucket, e.Key, e.Records, e.Bytes, ""}
	if e.Err != nil {
		line.Error = e.Err.Error()
	}
	_ = j.out.Encode(line) // who reads it has gone
}
