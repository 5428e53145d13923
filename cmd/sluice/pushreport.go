package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"sluice/output"
)

// pushReporter reports the progress of a push.
type pushReporter interface {
	begin(all output.Pushed)
	event(e output.Event)
	end()
}

// pushBar shows the progress on a terminal.
type pushBar struct {
	out    io.Writer
	folder string
	bar    *progress // nil before begin
}

func (p *pushBar) begin(all output.Pushed) {
	p.bar = newProgress(p.out, "uploading "+filepath.Base(p.folder), all.Bytes)
}

func (p *pushBar) event(e output.Event) {
	if e.Err == nil {
		p.bar.add(e.Segment)
	}
}

func (p *pushBar) end() { p.bar.end() }

// Write writes lines of the log.
func (p *pushBar) Write(text []byte) (int, error) { return p.bar.above(p.out).Write(text) }

// jsonLines prints a line for each segment, for scripts.
type jsonLines struct{ out *json.Encoder }

func (jsonLines) begin(output.Pushed) {}

func (jsonLines) end() {}

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
