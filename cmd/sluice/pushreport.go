package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"

	"sluice/output"
)

// pushReporter reports the progress of a push.
type pushReporter interface {
	begin(all output.Pushed)
	event(e output.Event)
}

// progressBar is a bar on a terminal, and nothing elsewhere.
type progressBar struct {
	out    io.Writer
	folder string
	bar    *progressbar.ProgressBar
}

func (p *progressBar) begin(all output.Pushed) {
	visible := false
	if f, ok := p.out.(*os.File); ok {
		info, err := f.Stat()
		visible = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	p.bar = progressbar.NewOptions64(all.Bytes,
		progressbar.OptionSetWriter(p.out),
		progressbar.OptionSetVisibility(visible),
		progressbar.OptionSetDescription(p.folder),
		progressbar.OptionShowBytes(true),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionOnCompletion(func() { fmt.Fprintln(p.out) }))
}

func (p *progressBar) event(e output.Event) {
	if e.Err == nil {
		_ = p.bar.Add64(e.Segment) // a bar that cannot be drawn stops nothing
	}
}

// jsonLines prints a line for each segment, for scripts.
type jsonLines struct{ out *json.Encoder }

func (jsonLines) begin(output.Pushed) {}

func (j jsonLines) event(e output.Event) {
	line := struct {
		Segment string `json:"segment"`
		Bucket  string `json:"bucket"`
		Key     string `json:"key"`
		Records int64  `json:"records"`
		Bytes   int64  `json:"bytes"`
		Error   string `json:"error,omitempty"`
	}{
		Segment: fmt.Sprintf("%016x", e.ID),
		Bucket:  e.Bucket,
		Key:     e.Key,
		Records: e.Records,
		Bytes:   e.Bytes,
	}
	if e.Err != nil {
		line.Error = e.Err.Error()
	}
	_ = j.out.Encode(line) // if the reader has gone, the push goes on
}

// writePushed sums up what became of a folder.
func writePushed(out io.Writer, folder string, done output.Pushed) {
	lost := countUnreadable(done)
	fmt.Fprintf(out, "%s: %d segments uploaded, %d left", folder, done.Segments-done.Left-lost, done.Left)
	if n := len(done.Quarantined); n > 0 {
		fmt.Fprintf(out, ", %d damaged and in quarantine (%d unreadable)", n, lost)
	}
	fmt.Fprintln(out)
	for _, each := range done.Quarantined {
		fmt.Fprintf(out, "  %s: %s\n", each.File, each.Reason)
	}
}

// writeQuarantinedJSON writes a line for each segment that went to quarantine.
func writeQuarantinedJSON(out io.Writer, all []output.Quarantined) error {
	lines := json.NewEncoder(out)
	for _, each := range all {
		err := lines.Encode(struct {
			PutAside string `json:"put_aside"`
			Records  int64  `json:"records"`
			Reason   string `json:"reason"`
		}{each.File, each.Records, each.Reason})
		if err != nil {
			return err
		}
	}
	return nil
}

// countUnreadable counts the segments of which nothing was stored, since nothing of
// them can be read.
func countUnreadable(done output.Pushed) (count int) {
	for _, each := range done.Quarantined {
		if each.Records == 0 {
			count++
		}
	}
	return count
}
