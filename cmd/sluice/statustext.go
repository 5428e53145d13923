package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"sluice/output/status"
)

// writeStatus writes an output's status for people.
func writeStatus(out io.Writer, s status.Status, now time.Time) error {
	state := "ok"
	switch {
	case !s.OK:
		state = "FAILING"
	case !s.Running:
		state = "not running"
	}
	if !s.Since.IsZero() {
		state += fmt.Sprintf(
			" since %s (%v)",
			s.Since.Local().Format(time.DateTime),
			now.Sub(s.Since).Round(time.Second),
		)
	}
	fmt.Fprintf(out, "%s: %s\n", s.Output, state)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(table, "  %s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	if !s.OK {
		row("remedy", "%s", orNone(s.Remedy))
		row("error", "%s", s.LastError)
	}
	row("folder", "%s", s.Dir)
	row("bucket", "%s", orNone(s.Bucket))
	row("waiting", "%s", waiting(s))
	for _, u := range s.Uploads {
		row("uploading", "%s", uploading(u))
	}
	if s.Running {
		row("sending", "%s/s", humanBytes(s.SentPerSecond))
		row("stored", "%s", storedText(s, now))
		row("credentials", "%s", credentialsText(s))
	}
	if s.QuarantineBytes > 0 {
		row("quarantine", "%s; see sluice spool ls %s", humanBytes(s.QuarantineBytes), s.Dir)
	}
	return table.Flush()
}

func waiting(s status.Status) string {
	if s.Segments == 0 {
		return "nothing"
	}
	text := fmt.Sprintf("%d segments, %s", s.Segments, humanBytes(s.SpoolBytes))
	if s.SpoolLimit > 0 {
		text += " of " + humanBytes(s.SpoolLimit)
	}
	text += fmt.Sprintf(", the oldest for %v", s.OldestUnsent.Duration())
	if s.UploadTimeout > 0 {
		text += fmt.Sprintf(" (upload_timeout %v)", s.UploadTimeout.Duration())
	}
	return text
}

func uploading(u status.Upload) string {
	percent := int64(100)
	if u.Bytes > 0 {
		percent = min(100, 100*u.Done/u.Bytes)
	}
	text := fmt.Sprintf("%s: %d %% of %s", u.Key, percent, humanBytes(u.Bytes))
	if u.Growing {
		text += " so far"
	}
	return text
}

func storedText(s status.Status, now time.Time) string {
	if s.LastStored.IsZero() {
		return "nothing since " + s.Started.Local().Format(time.DateTime)
	}
	return fmt.Sprintf(
		"%d objects, %s, %d records; the last one %v ago",
		s.Objects["ok"],
		humanBytes(s.StoredBytes),
		s.Records,
		now.Sub(s.LastStored).Round(time.Second),
	)
}

func credentialsText(s status.Status) string {
	switch {
	case s.CredentialsSource == "":
		return "none"
	case s.CredentialsExpiry == status.Never:
		return s.CredentialsSource + ", do not expire"
	}
	return fmt.Sprintf("%s, expire in %v", s.CredentialsSource, s.CredentialsExpiry.Duration())
}

func orNone(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// humanBytes writes a size with decimal units, as the properties have them.
func humanBytes(n int64) string {
	value, unit := float64(n), 0
	const units = " kMGTPE"
	for ; value >= 999.5 && unit < len(units)-1; unit++ {
		value /= 1000
	}
	if unit == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return strings.Replace(fmt.Sprintf("%.3g %cB", value, units[unit]), "e+03", "000", 1)
}
