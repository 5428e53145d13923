package main

import (
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func newMan() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the manual pages into a folder",
		Long: `Write a manual page for each command into DIR, which is made if it is missing:

	sluice man ~/.local/share/man/man1
	man sluice-check

The packages contain them. The pages are dated SOURCE_DATE_EPOCH if that is set.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return failed(writeManual(cmd.Root(), args[0]))
		},
	}
}

// writeManual writes the pages of a command and its subcommands.
func writeManual(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root.DisableAutoGenTag = true // it would add the date of the run
	return doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "sluice " + version, Manual: "Sluice"}, dir)
}
