package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"sluice/output"
	"sluice/spool"
)

func newSpool(w world) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "spool",
		Short: "Inspect and upload a spool, with Fluent Bit running or without it",
		Args:  cobra.NoArgs,
		RunE:  needsSubcommand,
	}
	cmd.AddCommand(newSpoolLs(w), newSpoolCat(w), newSpoolVerify(w), newSpoolPush(w))
	return cmd
}

// inspect reads a segment's file, an output's folder or a store_dir. It calls
// onSegment with each segment, and onFrame, if not nil, with each of its frames.
func inspect(path string, onSegment func(spool.Info) error, onFrame func(spool.Info, spool.Frame) error) error {
	folders, err := spool.Folders(path)
	if err != nil {
		return err
	}
	if len(folders) == 0 {
		folders = []string{path} // a file, or a folder whose error says why it is not a spool
	}
	for _, folder := range folders {
		if err := spool.Inspect(folder, onSegment, onFrame); err != nil {
			return err
		}
	}
	return nil
}

// inspectShowing is inspect that shows its progress. onFrame may be nil.
func inspectShowing(
	p *progress, path string, onSegment func(spool.Info) error, onFrame func(spool.Info, spool.Frame) error,
) error {
	done := int64(0) // in the segments before
	return inspect(path, func(i spool.Info) error {
		done += i.Size
		p.set(done)
		return onSegment(i)
	}, func(i spool.Info, f spool.Frame) error {
		p.set(done + min(i.Raw, i.Size))
		if onFrame == nil {
			return nil
		}
		return onFrame(i, f)
	})
}

// objectURL names the object that a segment becomes.
func objectURL(i spool.Info) string {
	bucket, key, err := output.Destination(i.Meta)
	if i.Err != nil || err != nil {
		return "unknown"
	}
	return "s3://" + bucket + "/" + key
}

// formatTime formats a time for people and scripts, "-" for none.
func formatTime(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

// damageOf returns what is damaged in a segment. The end of an active one does not
// count: it may be being written.
func damageOf(i spool.Info) []spool.Damage {
	if n := len(i.Damage); i.State == "active" && n > 0 && i.Damage[n-1].To == i.Size {
		return i.Damage[:n-1]
	}
	return i.Damage
}

// oneSpool requires one argument, and says what it is.
func oneSpool(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("name one folder: %s DIR, where DIR is a store_dir, or an output's folder in it",
			cmd.CommandPath())
	}
	return nil
}
