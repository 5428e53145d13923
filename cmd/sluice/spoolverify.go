package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"sluice/spool"
)

func newSpoolVerify(w world) *cobra.Command {
	return &cobra.Command{
		Use:   "verify DIR|FILE",
		Short: "Read everything and report what is damaged",
		Long: `Read all segments, verify every checksum, and report what is damaged. The exit code
is 1 if anything is, or if anything is in quarantine.`,
		Args: oneSpool,
		RunE: func(_ *cobra.Command, args []string) error { return failed(verifySegments(w.stdout, args[0])) },
	}
}

func verifySegments(out io.Writer, path string) error {
	bad, segments := 0, 0
	err := inspect(path, func(i spool.Info) error {
		segments++
		problems := []any{}
		if i.Err != nil {
			problems = append(problems, i.Err)
		}
		for _, d := range damageOf(i) {
			problems = append(problems, d)
		}
		if i.State == "quarantine" {
			problems = append(problems, "is in quarantine: "+i.Reason)
		}
		for _, p := range problems {
			fmt.Fprintf(out, "%s: %v\n", i.Path, p)
		}
		if len(problems) > 0 {
			bad++
		}
		return nil
	}, nil)
	if err != nil {
		return err
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d segments are damaged or in quarantine", bad, segments)
	}
	fmt.Fprintf(out, "%d segments, all good\n", segments)
	return nil
}
