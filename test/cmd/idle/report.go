package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"sluice/test/cmd/internal/table"
)

// most is how much of a core the output may take that has nothing to do.
const most = 0.001

// report prints what was measured, and returns an error if ours takes too much.
func (b *bench) report(out io.Writer) error {
	t := table.Table{Head: []string{"", "threads", "CPU ms", "% of a core", "runs/s"}}
	for _, trial := range b.trials {
		u := trial.used
		t.Add(trial.output, fmt.Sprint(len(u.threads)), milli(u.cpu), percent(b.share(u)), b.rate(u.runs()))
		for _, thread := range u.busiest() {
			t.Add("thread "+thread.Name, "", milli(thread.CPU), "", b.rate(thread.Runs))
		}
	}
	null, ours := b.trials[0].used, b.trials[1].used
	over := b.share(ours) - b.share(null)
	t.Add("sluice over null", fmt.Sprint(len(ours.threads)-len(null.threads)), milli(ours.cpu-null.cpu), percent(over),
		b.rate(ours.runs()-null.runs()))
	fmt.Fprintf(out,
		"%v without anything to do, after %.0f MB of lines; a run is when a thread is given a processor\n\n%s", b.rest,
		b.megabytes, t.Text())
	if b.markdown != "" {
		if err := os.WriteFile(b.markdown, []byte(t.Markdown()), 0o644); err != nil {
			return err
		}
	}
	if over >= most {
		return fmt.Errorf("too much: %s %% of a core over null, where less than %s %% are allowed", percent(over),
			percent(most))
	}
	return nil
}

// share is how much of a core was used.
func (b *bench) share(u usage) float64 { return u.cpu.Seconds() / b.rest.Seconds() }

func (b *bench) rate(n int) string { return fmt.Sprintf("%.2f", float64(n)/b.rest.Seconds()) }

func milli(d time.Duration) string { return fmt.Sprintf("%.2f", float64(d)/1e6) }

func percent(share float64) string { return fmt.Sprintf("%.3f", share*100) }
