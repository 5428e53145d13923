package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

func newGrantList(w world, grants func() grantFolder) *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the grants",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := grants().list(cmd.Context())
			if err != nil {
				return failed(err)
			}
			if asJSON {
				return failed(writeGrantsJSON(w.stdout, all))
			}
			return failed(writeGrants(w.stdout, all, time.Now()))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, one grant a line")
	return cmd
}

func newGrantRevoke(w world, grants func() grantFolder) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke NAME",
		Short: "End a grant",
		Long: `End a grant. A running "sluice serve" notices at once and stops handing out its key.
Keys that were handed out before stay valid until they expire; only IAM can revoke
those.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := grants().remove(args[0]); err != nil {
				return failed(err)
			}
			fmt.Fprintf(w.stderr, "revoked %s\n", args[0])
			return nil
		},
	}
}

func writeGrants(out io.Writer, all []grant, now time.Time) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SERVICE\tROLE\tREGION\tPROFILE\tSESSION\tEXPIRES")
	for _, g := range all {
		expires := orNever(g.Expires)
		if end, err := time.Parse(time.RFC3339, g.Expires); err == nil && !now.Before(end) {
			expires += " (expired)"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%v\t%s\n",
			g.name, g.Role.ARN, orDash(g.Source.Region), orDash(g.profile()), g.session(), expires)
	}
	return table.Flush()
}

func writeGrantsJSON(out io.Writer, all []grant) error {
	lines := json.NewEncoder(out)
	for _, g := range all {
		err := lines.Encode(struct {
			Service string `json:"service"`
			Role    string `json:"role"`
			Region  string `json:"region"`
			Profile string `json:"profile"`
			Session string `json:"session_duration"`
			Granted string `json:"granted"`
			Expires string `json:"expires"`
		}{
			Service: g.name,
			Role:    g.Role.ARN,
			Region:  g.Source.Region,
			Profile: g.profile(),
			Session: g.session().String(),
			Granted: g.Granted,
			Expires: g.Expires,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (g grant) session() time.Duration { return time.Duration(g.Role.Duration) * time.Second }

func (g grant) profile() string {
	if g.Source.Profile == nil {
		return ""
	}
	return g.Source.Profile.Name
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
