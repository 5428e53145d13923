package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"sluice/conf"
	"sluice/creds/standard"
	"sluice/output"
	"sluice/setup"
)

// liveTimeout bounds what is asked for one output.
const liveTimeout = time.Minute

// live is what the servers of an output say.
type live struct {
	Credentials string `json:"credentials"`                // without secrets, "" if there are none
	Identity    string `json:"identity"`                   // ARN, "" if it is not known
	Unknown     string `json:"identity_unknown,omitempty"` // why not
	Region      string `json:"region"`                     // of the bucket
	Key         string `json:"key"`                        // of the test object
	Written     bool   `json:"written"`
	Left        string `json:"not_removed,omitempty"` // why the test object is still there
	Error       string `json:"error,omitempty"`
	Remedy      string `json:"remedy,omitempty"`
}

// askLive writes a test object with an output's configuration, and removes it. warn gets what
// the servers' answers say should be changed.
func askLive(ctx context.Context, cfg conf.Config, sources *standard.Sources, warn io.Writer) live {
	ctx, cancel := context.WithTimeout(ctx, liveTimeout)
	defer cancel()
	p := output.Probe(ctx, output.Options{
		Config:      cfg,
		Credentials: sources.Provider(setup.Credentials(cfg)),
		Clock:       sources.Clock(),
		FindRegion:  setup.FindRegion(cfg, sources),
		Log:         slog.New(slog.NewTextHandler(warn, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}, setup.Identify(cfg, sources), true)
	l := live{
		Identity: p.Identity, Region: p.Region, Key: p.Key, Written: p.Written,
		Error: p.Failure.Cause, Remedy: p.Failure.Remedy,
	}
	if p.Credentials.AccessKeyID != "" {
		l.Credentials = p.Credentials.String()
	}
	if p.Anonymous != nil {
		l.Unknown = p.Anonymous.Error()
	}
	if p.Left != nil {
		l.Left = p.Left.Error()
	}
	return l
}

// rows are what was found, as name and text.
func (l live) rows() (rows [][2]string) {
	add := func(name, text string) { rows = append(rows, [2]string{name, text}) }
	if l.Credentials != "" {
		add("keys", l.Credentials)
	}
	switch {
	case l.Identity != "":
		add("who", l.Identity)
	case l.Unknown != "":
		add("who", "not known: "+l.Unknown)
	}
	if l.Region != "" {
		add("live", "the bucket is in "+l.Region)
	}
	switch {
	case l.Left != "":
		add("live", fmt.Sprintf(
			"remove the test object %s, or allow s3:DeleteObject: it was written and not removed (%s)", l.Key, l.Left))
	case l.Written:
		add("live", fmt.Sprintf("object %s was written and removed", l.Key))
	}
	return rows
}

// problem returns what is wrong, remedy first, or "".
func (l live) problem() string {
	switch {
	case l.Error == "":
		return ""
	case l.Remedy == "":
		return "objects cannot be stored: " + l.Error
	}
	return l.Remedy + ": " + l.Error
}
