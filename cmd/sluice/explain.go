package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"sluice/creds/standard"
)

func newCredsExplain(w world) *cobra.Command {
	profile, asJSON := "", false
	cmd := &cobra.Command{
		Use:   "explain",
		Short: "Show which source of credentials answers, and why the others do not",
		Long: `Ask the sources of credentials in order, and show for each what it found, where it
looked, how long that took and why it was not used. No secret is shown. The exit
code is 1 if no credentials are found.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return failed(credsExplain(cmd.Context(), w, profile, asJSON))
		},
	}
	profileFlag(cmd, &profile)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func credsExplain(ctx context.Context, w world, profile string, asJSON bool) error {
	ctx, cancel := context.WithTimeout(ctx, credsTimeout)
	defer cancel()
	sources := standard.NewSources(standard.Environment{Getenv: w.getenv})
	e := sources.Explain(ctx, standard.Options{Profile: profile})
	write := writeExplanation
	if asJSON {
		write = writeExplanationJSON
	}
	if err := write(w.stdout, e); err != nil {
		return fmt.Errorf("write explanation: %w", err)
	}
	if e.Winner == "" {
		return fmt.Errorf("no AWS credentials: %w", e.Err)
	}
	return nil
}

func writeExplanation(out io.Writer, e standard.Explanation) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PROVIDER\tOUTCOME\tTIME\tDETAIL")
	for _, a := range e.Attempts {
		fmt.Fprintf(table, "%s\t%s\t%d ms\t%s\n", a.Source, a.Outcome, a.Took.Milliseconds(), a.Detail)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if e.Winner != "" {
		account := e.Found.AccountID
		if account == "" {
			account = "unknown"
		}
		fmt.Fprintf(out, "\n%s wins: %s, account %s, expires %s\n",
			e.Winner, e.Found.AccessKeyID, account, orNever(expires(e)))
	}
	if e.Offset != 0 {
		fmt.Fprintf(out, "This machine's clock differs from AWS's by %v: correct it.\n", e.Offset)
	}
	return nil
}

// writeExplanationJSON writes a form that scripts rely on.
func writeExplanationJSON(out io.Writer, e standard.Explanation) error {
	type attempt struct {
		Provider string           `json:"provider"`
		Outcome  standard.Outcome `json:"outcome"`
		Detail   string           `json:"detail"`
		Millis   int64            `json:"millis"`
	}
	doc := struct {
		Winner      string    `json:"winner"`
		Attempts    []attempt `json:"attempts"`
		AccessKeyID string    `json:"access_key_id"`
		AccountID   string    `json:"account_id"`
		Expires     string    `json:"expires"`
	}{
		Winner:      e.Winner,
		AccessKeyID: e.Found.AccessKeyID,
		AccountID:   e.Found.AccountID,
		Expires:     expires(e),
	}
	for _, a := range e.Attempts {
		doc.Attempts = append(doc.Attempts, attempt{a.Source, a.Outcome, a.Detail, a.Took.Milliseconds()})
	}
	return json.NewEncoder(out).Encode(doc)
}

// expires returns when the winner's credentials expire, "" for never.
func expires(e standard.Explanation) string {
	if !e.Found.CanExpire() {
		return ""
	}
	return e.Found.Expires.UTC().Format(time.RFC3339)
}

func orNever(text string) string {
	if text == "" {
		return "never"
	}
	return text
}
