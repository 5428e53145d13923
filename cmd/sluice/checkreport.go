package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"sluice/conf"
	"sluice/creds/standard"
	"sluice/output"
	"sluice/setup"
)

// finding is a mistake at a place.
type finding struct {
	at position
	conf.Mistake
}

// report is what there is to say about an output.
type report struct {
	section  section
	cfg      conf.Config // zero if there are mistakes in it
	example  output.Example
	mistakes []finding // in the order of their places
	notes    []string
	live     *live // what the servers say, if they were asked
}

// ok reports whether the output can be used, as far as is known.
func (r report) ok() bool { return len(r.mistakes) == 0 && (r.live == nil || r.live.Error == "") }

// ask asks the servers of a valid section.
func (r *report) ask(ctx context.Context, sources *standard.Sources, warn io.Writer) {
	l := askLive(ctx, r.cfg, sources, warn)
	r.live = &l
}

// newReport checks a section.
func newReport(s section, sources *standard.Sources, of sample) (report, error) {
	cfg, problems := s.parse(sources)
	r := report{section: s, cfg: cfg, mistakes: slices.Concat(s.refused, s.unset(), s.locate(problems))}
	slices.SortStableFunc(r.mistakes, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.at.line, b.at.line), cmp.Compare(a.at.column, b.at.column))
	})
	if len(r.mistakes) > 0 {
		return r, nil
	}
	var err error
	r.example, err = output.NewExample(cfg, of.tag, time.Now(), of.record)
	r.notes = slices.Concat(cfg.Warnings, cfg.Notes(), storeHint(cfg.StoreDir), tagHints(cfg, of.tag), s.hints(cfg))
	return r, err
}

// parse returns what a section means, and what is wrong with it.
func (s section) parse(sources *standard.Sources) (conf.Config, conf.Mistakes) {
	names := make([]string, 0, len(s.properties))
	for _, p := range s.properties {
		names = append(names, p.name)
	}
	problems := slices.Concat(conf.CheckNames(names), conf.CheckEngine(s.last), s.checkHost(sources))
	cfg, err := setup.Parse(s.get, sources)
	var found conf.Mistakes
	if errors.As(err, &found) {
		return cfg, append(problems, found...)
	}
	return cfg, append(problems, s.checkFiles(cfg, sources)...)
}

// unset returns the properties with variables that are not set, which Fluent Bit only warns of.
func (s section) unset() (found []finding) {
	for _, p := range s.properties {
		if len(p.unset) > 0 {
			found = append(found, finding{p.at, conf.Mistake{Property: p.name, Problem: fmt.Sprintf(
				"needs the variable %s, which is not set: set it in Fluent Bit's environment and in this one, "+
					"or write the value", strings.Join(p.unset, " and "))}})
		}
	}
	return found
}

// locate returns where mistakes are. What an unset variable brings about is left out.
func (s section) locate(problems conf.Mistakes) (found []finding) {
	for _, m := range problems {
		at := s.at
		i := slices.IndexFunc(s.properties, func(p property) bool { return strings.EqualFold(p.name, m.Property) })
		if i >= 0 {
			if len(s.properties[i].unset) > 0 {
				continue
			}
			at = s.properties[i].at
		}
		found = append(found, finding{at, m})
	}
	return found
}

// host is what will be dialled.
func (r report) host() string {
	host, err := output.Host(r.cfg, r.example.Bucket)
	if err != nil { // it was refused then
		return ""
	}
	return host
}

// write shows what a valid section means, or what is wrong with it.
func (r report) write(stdout, stderr io.Writer) {
	for _, m := range r.mistakes {
		fmt.Fprintf(stderr, "%s: %s %s\n", m.at, m.Property, m.Problem)
	}
	if r.live != nil && r.live.Error != "" {
		fmt.Fprintf(stderr, "%s: %s\n", r.section.at, r.live.problem())
	}
	if !r.ok() {
		return
	}
	target := cmp.Or(r.cfg.Endpoint, "Amazon S3 in "+r.cfg.Region)
	if r.cfg.Endpoint == "" && r.cfg.RegionUnset {
		target += ", or on EC2 in the instance's region: none is set"
	}
	fmt.Fprintf(stdout, "%s: ok\n", r.section.at)
	fmt.Fprintf(stdout, "  to    bucket %s at %s\n", r.example.Bucket, target)
	fmt.Fprintf(stdout, "  host  %s\n", r.host())
	fmt.Fprintf(stdout, "  as    %s, compression %s, objects of %d bytes or %v\n",
		r.cfg.Format, r.cfg.Compression, r.cfg.TotalFileSize, r.cfg.UploadTimeout)
	fmt.Fprintf(stdout, "  key   %s\n", r.example.Key)
	if r.cfg.CAFile != "" {
		fmt.Fprintf(stdout, "  ca    %s\n", r.cfg.CAFile)
	}
	if r.live != nil {
		for _, row := range r.live.rows() {
			fmt.Fprintf(stdout, "  %-5s %s\n", row[0], row[1])
		}
	}
	for _, text := range r.notes {
		fmt.Fprintf(stdout, "  note  %s\n", text)
	}
}
