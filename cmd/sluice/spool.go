package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"sluice/output"
	"sluice/spool"
)

func newSpool(w world) *cobra.Command {
	cmd := &cobra.Command{Use: "spool", Short: "Look into a spool, without Fluent Bit and while it runs, and upload it", Args: cobra.NoArgs, RunE: needsSubcommand}
	cmd.AddCommand(newSpoolLs(w), newSpoolCat(w), newSpoolVerify(w), newSpoolPush(w))
	return cmd
}

func newSpoolLs(w world) *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "ls DIR|FILE",
		Short: "List what has not been uploaded, and what was put aside",
		Long:  "List the segments of a store_dir, or of one output's folder in it, with the objects that they will become.",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			write := listSegments
			if asJSON {
				write = listSegmentsJSON
			}
			return failed(write(w.stdout, args[0]))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, one segment a line")
	return cmd
}

func newSpoolCat(w world) *cobra.Command {
	return &cobra.Command{
		Use:   "cat DIR|FILE",
		Short: "Print the records as they would be uploaded, not compressed",
		Args:  cobra.ExactArgs(1),
		RunE:  func(_ *cobra.Command, args []string) error { return failed(catSegments(w, args[0])) },
	}
}

func newSpoolVerify(w world) *cobra.Command {
	return &cobra.Command{
		Use:   "verify DIR|FILE",
		Short: "Read everything and name what is damaged",
		Long: `Read all segments, check every checksum, and name what is damaged. Exit code 1 if
anything is, or if anything is in quarantine.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return failed(verifySegments(w.stdout, args[0])) },
	}
}

// failed makes an error one of a command that was used rightly.
func failed(err error) error {
	if err == nil {
		return nil
	}
	return &failure{err}
}

// inspect reads a segment's file, an output's folder, or a store_dir.
func inspect(path string, info func(spool.Info) error, frame func(spool.Info, spool.Frame) error) error {
	folders, err := spool.Folders(path)
	if err != nil {
		return err
	}
	if len(folders) == 0 {
		folders = []string{path} // a file, or a folder that says why not
	}
	for _, folder := range folders {
		if err := spool.Inspect(folder, info, frame); err != nil {
			return err
		}
	}
	return nil
}

// destination names a segment's object.
func destination(i spool.Info) string {
	bucket, key, err := output.Destination(i.Meta)
	if i.Err != nil || err != nil {
		return "unknown"
	}
	return "s3://" + bucket + "/" + key
}

func listSegments(out io.Writer, path string) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "STATE\tSEGMENT\tBYTES\tCHUNKS\tSINCE\tOBJECT")
	total, segments := int64(0), 0
	err := inspect(path, func(i spool.Info) error {
		total, segments = total+i.Size, segments+1
		fmt.Fprintf(table, "%s\t%016x\t%d\t%d\t%s\t%s\n", i.State, i.ID, i.Size, i.Frames, since(i.Opened), destination(i))
		return nil
	}, nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(table, "\n%d segments, %d bytes\n", segments, total)
	return table.Flush()
}

func since(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

func listSegmentsJSON(out io.Writer, path string) error {
	lines := json.NewEncoder(out)
	return inspect(path, func(i spool.Info) error {
		bucket, key, _ := output.Destination(i.Meta) // "" if it cannot be read, which error tells
		doc := struct {
			Segment string   `json:"segment"`
			State   string   `json:"state"`
			Path    string   `json:"path"`
			Bytes   int64    `json:"bytes"`
			Raw     int64    `json:"raw_bytes"`
			Chunks  int      `json:"chunks"`
			Opened  string   `json:"opened"`
			Latest  string   `json:"latest"`
			Bucket  string   `json:"bucket"`
			Key     string   `json:"key"`
			Damage  []string `json:"damage,omitempty"`
			Reason  string   `json:"reason,omitempty"`
			Error   string   `json:"error,omitempty"`
		}{
			fmt.Sprintf("%016x", i.ID), i.State, i.Path, i.Size, i.Raw, i.Frames, since(i.Opened), since(i.Latest), bucket, key, nil, i.Reason, "",
		}
		for _, d := range i.Damage {
			doc.Damage = append(doc.Damage, d.String())
		}
		if i.Err != nil {
			doc.Error = i.Err.Error()
		}
		return lines.Encode(doc)
	}, nil)
}

func catSegments(w world, path string) error {
	bad := 0
	note := func(i spool.Info, problem any) {
		bad++
		fmt.Fprintf(w.stderr, "%s: %v\n", i.Path, problem)
	}
	err := inspect(path, func(i spool.Info) error {
		if i.Err != nil {
			note(i, i.Err)
		}
		for _, d := range damages(i) {
			note(i, d)
		}
		return nil
	}, func(i spool.Info, f spool.Frame) error {
		problems, err := output.Print(w.stdout, i.Meta, f)
		if problems != "" {
			note(i, problems)
		}
		return err
	})
	if err == nil && bad > 0 {
		err = fmt.Errorf("%d parts cannot be read", bad)
	}
	return err
}

// damages returns what is damaged of a segment; the end of an active one may
// just be being written.
func damages(i spool.Info) []spool.Damage {
	if n := len(i.Damage); i.State == "active" && n > 0 && i.Damage[n-1].To == i.Size {
		return i.Damage[:n-1]
	}
	return i.Damage
}

func verifySegments(out io.Writer, path string) error {
	bad, segments := 0, 0
	err := inspect(path, func(i spool.Info) error {
		segments++
		problems := []any{}
		if i.Err != nil {
			problems = append(problems, i.Err)
		}
		for _, d := range damages(i) {
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
