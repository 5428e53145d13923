package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"sluice/output"
	"sluice/spool"
)

func newSpoolLs(w world) *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "ls DIR|FILE",
		Short: "List what has not been uploaded, and what is in quarantine",
		Long: `List the segments of a store_dir, or of one output's folder in it, with the objects
that they will become.`,
		Args: oneSpool,
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

func listSegments(out io.Writer, path string) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "STATE\tSEGMENT\tBYTES\tCHUNKS\tSINCE\tOBJECT")
	total, segments := int64(0), 0
	err := inspect(path, func(i spool.Info) error {
		total, segments = total+i.Size, segments+1
		fmt.Fprintf(table, "%s\t%016x\t%d\t%d\t%s\t%s\n",
			i.State, i.ID, i.Size, i.Frames, formatTime(i.Opened), objectURL(i))
		return nil
	}, nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(table, "\n%d segments, %d bytes\n", segments, total)
	return table.Flush()
}

// segmentLine is a segment in JSON.
type segmentLine struct {
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
	Reason  string   `json:"reason,omitempty"` // for its quarantine
	Error   string   `json:"error,omitempty"`
}

func listSegmentsJSON(out io.Writer, path string) error {
	lines := json.NewEncoder(out)
	return inspect(path, func(i spool.Info) error {
		bucket, key, _ := output.Destination(i.Meta) // "" if it cannot be read; Error says why
		line := segmentLine{
			Segment: fmt.Sprintf("%016x", i.ID),
			State:   i.State,
			Path:    i.Path,
			Bytes:   i.Size,
			Raw:     i.Raw,
			Chunks:  i.Frames,
			Opened:  formatTime(i.Opened),
			Latest:  formatTime(i.Latest),
			Bucket:  bucket,
			Key:     key,
			Reason:  i.Reason,
		}
		for _, d := range i.Damage {
			line.Damage = append(line.Damage, d.String())
		}
		if i.Err != nil {
			line.Error = i.Err.Error()
		}
		return lines.Encode(line)
	}, nil)
}
