package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
)

// legend explains the tables' columns.
const legend = `CPU is that of the Fluent Bit process, user and system. "over null" is what is added to the null output;
"× built-in's" compares that, and the stored bytes, with the built-in output and the same codec; µs is CPU over null for
each record. A process's end is at a full second after the end of its input. "missing" and "twice" are the most records
of any round.`

// report prints the results, and returns what is wrong with ours.
func (b *bench) report(context.Context) error {
	fmt.Fprintf(b.out, "\n%s\n\n", b.machine())
	for _, t := range tables(b.trials) {
		fmt.Fprintln(b.out, t.text())
	}
	fmt.Fprintln(b.out, legend)
	if b.markdown != "" {
		if err := os.WriteFile(b.markdown, []byte(b.document()), 0o644); err != nil {
			return err
		}
	}
	return b.faults()
}

// document is the report in Markdown.
func (b *bench) document() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s.\n\n", b.machine())
	for _, t := range tables(b.trials) {
		fmt.Fprintln(&text, t.markdown())
	}
	fmt.Fprintln(&text, legend)
	return text.String()
}

// faults are what went wrong, but with the built-in output: that is in the tables.
func (b *bench) faults() error {
	var all error
	for _, t := range b.trials {
		if t.plugin != "s3" {
			all = errors.Join(all, t.failed)
		}
	}
	return all
}
