package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"sluice/test/cmd/internal/table"
)

// legend explains the table's columns.
const legend = `Times in ms. "control" is a plugin that only hashes each chunk: what is late there is the machine's
doing. "callback": in FLBPluginFlushCtx. "tick": how late a timer of the engine's thread came, which fires every 10 ms;
"beyond": how late after the callback (or the host's own work) that was in its way. CPU s: of the process to its end,
when all is shipped that can be, without the engine's thread, which does the host's work.`

var head = []string{"shipper", "MB/s", "chunks", "callback median", "99 %", "max", "tick 99 %", "max", "beyond 99 %",
	"max", "CPU s", "wall s"}

func (m measurement) row() []string {
	rate := "as taken"
	if m.rate > 0 {
		rate = fmt.Sprintf("%.0f", m.rate)
	}
	return []string{
		name(m.shipper), rate, fmt.Sprint(m.Flushes),
		milli(m.Callback.P50), milli(m.Callback.P99), milli(m.Callback.Max),
		milli(m.TickLate.P99), milli(m.TickLate.Max), milli(m.TickBeyond.P99), milli(m.TickBeyond.Max),
		fmt.Sprintf("%.1f", m.CPU-m.EngineCPU), fmt.Sprintf("%.1f", m.wall.Seconds()),
	}
}

func name(shipper string) string {
	switch shipper {
	case control:
		return "control"
	case away:
		return "idle"
	}
	return "busy, " + shipper
}

func (m measurement) String() string { return strings.Join(m.row(), "  ") }

func milli(micros int) string { return fmt.Sprintf("%.1f", float64(micros)/1e3) }

// report prints the table, and writes it into the file that was asked for.
func (b *bench) report(out io.Writer) error {
	t := table.Table{Head: head}
	for _, m := range b.measured {
		t.Add(m.row()...)
	}
	fmt.Fprintf(out, "\n%s\n%s\n", t.Text(), legend)
	if b.markdown == "" {
		return nil
	}
	return os.WriteFile(b.markdown, []byte(t.Markdown()+"\n"+legend+"\n"), 0o644)
}
