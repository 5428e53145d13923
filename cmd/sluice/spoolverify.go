package main

import (
	"fmt"

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
		RunE: func(_ *cobra.Command, args []string) error { return failed(verifySegments(w, args[0])) },
	}
}

func verifySegments(w world, path string) error {
	p := newProgress(w.stderr, "verifying", spoolSize(path))
	bad, segments, out := 0, 0, p.above(w.stdout)
	err := inspectShowing(p, path, func(i spool.Info) error {
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
	p.end()
	if err != nil {
		return err
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d segments are damaged or in quarantine", bad, segments)
	}
	fmt.Fprintf(out, "%d segments, all good\n", segments)
	return nil
}
