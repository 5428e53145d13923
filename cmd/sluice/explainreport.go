package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"sluice/creds"
	"sluice/creds/standard"
)

// writeExplained writes a table for each chain.
func writeExplained(out io.Writer, all []explained) error {
	for n, e := range all {
		if n > 0 {
			fmt.Fprintln(out)
		}
		if e.output != "" {
			fmt.Fprintf(out, "%s:\n", e.output)
		}
		if e.mistakes != nil {
			fmt.Fprintln(out, "nothing is asked: the configuration cannot be used")
			continue
		}
		if err := e.writeTable(out); err != nil {
			return err
		}
		e.writeEnd(out)
	}
	return nil
}

func (e explained) writeTable(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PROVIDER\tOUTCOME\tTIME\tDETAIL")
	for _, a := range e.Attempts {
		fmt.Fprintf(table, "%s\t%s\t%d ms\t%s\n", a.Source, a.Outcome, a.Took.Milliseconds(), a.Detail)
	}
	return table.Flush()
}

// writeEnd says who has won, and what STS says.
func (e explained) writeEnd(out io.Writer) {
	if e.Winner != "" {
		fmt.Fprintf(out, "\n%s wins: %s, account %s, expires %s\n", e.Winner, e.Found.AccessKeyID,
			cmp.Or(e.Found.AccountID, "unknown"), orNever(e.expires()))
	}
	switch {
	case e.identity.ARN != "":
		fmt.Fprintf(out, "STS says: %s, account %s\n", e.identity.ARN, e.identity.Account)
	case e.silent != nil && !creds.Denied(e.silent) && creds.ErrorCode(e.silent) != "":
		fmt.Fprintf(out, "STS refuses: %v\n", e.silent)
	case e.silent != nil:
		fmt.Fprintf(out, "STS does not say: %v\n", e.silent)
	}
	if e.Offset != 0 {
		fmt.Fprintf(out, "This machine's clock differs from AWS's by %v: correct it.\n", e.Offset)
	}
}

// expires returns when the winner's credentials expire, "" for never.
func (e explained) expires() string {
	if !e.Found.CanExpire() {
		return ""
	}
	return e.Found.Expires.UTC().Format(time.RFC3339)
}

func orNever(text string) string { return cmp.Or(text, "never") }

// explainedJSON is a form that scripts rely on.
type explainedJSON struct {
	Output      string        `json:"output,omitempty"`
	Error       string        `json:"error,omitempty"` // in the output's configuration
	Winner      string        `json:"winner"`
	Attempts    []attemptJSON `json:"attempts"`
	AccessKeyID string        `json:"access_key_id"`
	AccountID   string        `json:"account_id"`
	Expires     string        `json:"expires"`
	Role        string        `json:"role,omitempty"`
	ARN         string        `json:"arn,omitempty"`
	STSError    string        `json:"sts_error,omitempty"`
}

type attemptJSON struct {
	Provider string           `json:"provider"`
	Outcome  standard.Outcome `json:"outcome"`
	Detail   string           `json:"detail"`
	Millis   int64            `json:"millis"`
}

func newExplainedJSON(e explained) explainedJSON {
	doc := explainedJSON{
		Output:      e.output,
		Error:       errorText(e.mistakes),
		Winner:      e.Winner,
		Attempts:    []attemptJSON{},
		AccessKeyID: e.Found.AccessKeyID,
		AccountID:   e.Found.AccountID,
		Expires:     e.expires(),
		Role:        e.role,
		ARN:         e.identity.ARN,
		STSError:    errorText(e.silent),
	}
	for _, a := range e.Attempts {
		doc.Attempts = append(doc.Attempts, attemptJSON{a.Source, a.Outcome, a.Detail, a.Took.Milliseconds()})
	}
	return doc
}

// errorText returns an error's text, "" for none.
func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// writeJSON writes one document, or with --config an array with one for each output.
func (x explain) writeJSON(out io.Writer, all []explained) error {
	docs := []explainedJSON{}
	for _, e := range all {
		docs = append(docs, newExplainedJSON(e))
	}
	if len(x.config) == 0 {
		return json.NewEncoder(out).Encode(docs[0])
	}
	return json.NewEncoder(out).Encode(docs)
}
