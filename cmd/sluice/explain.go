package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"sluice/creds"
	"sluice/creds/standard"
	"sluice/setup"
)

// explain is what "sluice creds explain" was asked for.
type explain struct {
	world
	profile string
	config  []string // a file, or the properties of one output as key=value
	live    bool
	json    bool
}

// explained is how one chain ended.
type explained struct {
	standard.Explanation
	output   string            // where the output is configured, "" for the chain of no output
	role     string            // ARN of the role that the output assumes, "" for none
	mistakes error             // why the output's configuration cannot be used; nothing was asked then
	identity standard.Identity // what STS says, if it was asked
	silent   error             // why STS says nothing
}

func newCredsExplain(w world) *cobra.Command {
	x := explain{world: w}
	cmd := &cobra.Command{
		Use:   "explain",
		Short: "Show which source of credentials answers, and why the others do not",
		Long: `Ask the sources of credentials in order, and show for each what it found, where it
looked, how long that took and why it was not used. No secret is shown. The exit
code is 1 if no credentials are found.

With --config it asks as the outputs of a Fluent Bit configuration do, each with its
profile, region and role. With --live it also asks STS whose key it is, which needs no
permission; the exit code is 1 if STS refuses the key or cannot be reached:

	sluice creds explain --config fluent-bit.conf --live
	sluice creds explain --config bucket=logs --config role_arn=arn:aws:iam::…`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return x.run(cmd.Context()) },
	}
	profileFlag(cmd, &x.profile)
	f := cmd.Flags()
	f.StringArrayVar(&x.config, "config", nil,
		"explain the outputs of this `file`, or the one with this property as key=value; may be repeated")
	f.BoolVar(&x.live, "live", false, "ask STS whose key it is")
	f.BoolVar(&x.json, "json", false, "print JSON")
	return cmd
}

func (x explain) run(ctx context.Context) error {
	all, err := x.all(ctx)
	if err != nil {
		return err
	}
	write := writeExplained
	if x.json {
		write = x.writeJSON
	}
	if err := write(x.stdout, all); err != nil {
		return failed(fmt.Errorf("write explanation: %w", err))
	}
	var problems []error
	for _, e := range all {
		problems = append(problems, e.problem())
	}
	return failed(errors.Join(problems...))
}

// all explains what was asked for.
func (x explain) all(ctx context.Context) ([]explained, error) {
	if len(x.config) == 0 {
		e := explained{}
		x.ask(ctx, &e, x.sources(), standard.Options{Profile: x.profile})
		return []explained{e}, nil
	}
	if x.profile != "" {
		return nil, errors.New("--profile cannot be used with --config: set the property profile")
	}
	sections, err := parseSections(x.config, strings.NewReader(""), x.getenv)
	if err != nil {
		return nil, err
	}
	var all []explained
	for _, s := range sections {
		all = append(all, x.section(ctx, s))
	}
	return all, nil
}

// section explains one output. It has sources of its own, which have cached nothing.
func (x explain) section(ctx context.Context, s section) explained {
	e, sources := explained{output: s.at.String()}, x.sources()
	cfg, err := setup.Parse(s.get, sources)
	if err != nil {
		e.mistakes = err
		return e
	}
	e.role = cfg.RoleARN
	x.ask(ctx, &e, sources, setup.Credentials(cfg))
	return e
}

func (x explain) sources() *standard.Sources {
	return standard.NewSources(standard.Environment{Getenv: x.getenv})
}

// ask asks all sources, and STS if that is wanted.
func (x explain) ask(ctx context.Context, e *explained, sources *standard.Sources, o standard.Options) {
	defer sources.Close()
	ctx, cancel := context.WithTimeout(ctx, credsTimeout)
	defer cancel()
	e.Explanation = sources.Explain(ctx, o)
	if !x.live || e.Winner == "" {
		return
	}
	e.identity, e.silent = sources.Identity(ctx, o, e.Found)
	if e.Found.AccountID == "" {
		e.Found.AccountID = e.identity.Account
	}
}

// problem returns why the output cannot upload, nil if it can as far as is known. What was printed about each source is
// not said again.
func (e explained) problem() error {
	err := e.reason()
	if err != nil && e.output != "" {
		err = fmt.Errorf("%s: %w", e.output, err)
	}
	return err
}

func (e explained) reason() error {
	switch {
	case e.mistakes != nil:
		return e.mistakes
	case errors.Is(e.Err, creds.ErrNotConfigured):
		return errors.New("no AWS credentials: configure one of the sources")
	case e.Err != nil:
		return fmt.Errorf("no AWS credentials: correct what the line of %s says, or remove its settings", e.failed())
	case e.silent == nil || creds.Denied(e.silent):
		return nil
	case creds.ErrorCode(e.silent) != "":
		return errors.New("STS refuses the credentials")
	}
	return errors.New("STS could not be asked whose key it is")
}

// failed returns the source that ended the chain.
func (e explained) failed() (source string) {
	for _, a := range e.Attempts {
		if a.Outcome == standard.Failed {
			source = a.Source
		}
	}
	return source
}
