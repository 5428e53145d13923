package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"sluice/output"
	"sluice/spool"
)

func newSpoolCat(w world) *cobra.Command {
	return &cobra.Command{
		Use:   "cat DIR|FILE",
		Short: "Print the records as they would be uploaded, uncompressed",
		Args:  oneSpool,
		RunE:  func(_ *cobra.Command, args []string) error { return failed(catSegments(w, args[0])) },
	}
}

func catSegments(w world, path string) error {
	var p *progress
	if !isTerminal(w.stdout) { // there the records show it
		p = newProgress(w.stderr, "printing", spoolSize(path))
	}
	defer p.end()
	bad, stderr := 0, p.above(w.stderr)
	report := func(i spool.Info, problem any) {
		bad++
		fmt.Fprintf(stderr, "%s: %v\n", i.Path, problem)
	}
	err := inspectShowing(p, path, func(i spool.Info) error {
		if i.Err != nil {
			report(i, i.Err)
		}
		for _, d := range damageOf(i) {
			report(i, d)
		}
		return nil
	}, func(i spool.Info, f spool.Frame) error {
		problems, err := output.Print(w.stdout, i.Meta, f)
		if problems != "" {
			report(i, problems)
		}
		return err
	})
	if err == nil && bad > 0 {
		err = fmt.Errorf("%d parts cannot be read", bad)
	}
	return err
}
