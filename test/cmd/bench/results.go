package main

import (
	"fmt"
	"time"

	"sluice/test/cmd/internal/table"
)

var head = []string{
	"output", "CPU s", "min–max", "over null", "× built-in's", "µs", "wall s", "× null", "peak MB", "over null",
	"stored MB", "× built-in's", "objects", "requests", "missing", "twice",
}

// tables are the results, a table for each input.
func tables(trials []*trial) (all []titled) {
	first := 0
	for n, t := range trials {
		if n+1 == len(trials) || trials[n+1].input.name != t.input.name {
			all = append(all, results(trials[first:n+1]))
			first = n + 1
		}
	}
	return all
}

// results is the table of one input's trials.
func results(trials []*trial) titled {
	in := trials[0].input
	t := titled{fmt.Sprintf("%s: %.1f MB, %d lines", in.name, mega(in.size), in.lines.Count), table.Table{Head: head}}
	for _, x := range trials {
		t.Add(x.row(trials)...)
	}
	return t
}

// row is a line of the table: a trial, compared with others of the same input.
func (t *trial) row(others []*trial) []string {
	if len(t.samples) == 0 {
		return append([]string{t.output.String(), "failed"}, make([]string, len(head)-2)...)
	}
	c := comparison{it: typical(t.samples)}
	if t.plugin != "null" {
		c.null = find(others, output{plugin: "null", codec: "none", workers: 1, count: t.count})
	}
	if t.plugin == "sluice" {
		c.builtIn = find(others, output{plugin: "s3", codec: t.codec, workers: 1, count: t.count})
	}
	row := []string{t.output.String(), seconds(c.it.cpu), span(t.samples)}
	row = append(row, c.costs(t.lines.Count*t.count)...)
	if t.plugin == "null" {
		return append(row, none, none, none, none, none, none)
	}
	return append(row, c.stored()...)
}

// comparison is a sample beside those that it is compared with, where they were measured.
type comparison struct {
	it            sample
	null, builtIn *sample
}

// none stands where there is nothing to say.
const none = "–"

// costs are the columns of CPU, time and memory.
func (c comparison) costs(records int) []string {
	wall, peak := seconds(c.it.wall), fmt.Sprintf("%.0f", mega(c.it.peak))
	if c.null == nil {
		return []string{none, none, none, wall, none, peak, none}
	}
	over, share := c.it.cpu-c.null.cpu, none
	if c.builtIn != nil {
		share = ratio(over, c.builtIn.cpu-c.null.cpu)
	}
	return []string{
		seconds(over), share, fmt.Sprintf("%.2f", over.Seconds()*1e6/float64(records)),
		wall, ratio(c.it.wall, c.null.wall), peak, fmt.Sprintf("%.0f", mega(c.it.peak-c.null.peak)),
	}
}

// stored are the columns of what is there in the end.
func (c comparison) stored() []string {
	share := none
	if c.builtIn != nil {
		share = ratio(c.it.Stored, c.builtIn.Stored)
	}
	return []string{
		fmt.Sprintf("%.1f", mega(c.it.Stored)), share, fmt.Sprint(c.it.Objects), fmt.Sprint(c.it.Requests),
		fmt.Sprint(c.it.Missing), fmt.Sprint(c.it.Twice),
	}
}

// find finds what an output's samples are like, nil if there are none.
func find(trials []*trial, o output) *sample {
	for _, t := range trials {
		if t.output == o && len(t.samples) > 0 {
			s := typical(t.samples)
			return &s
		}
	}
	return nil
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f", d.Seconds()) }

// span is the least and the most CPU.
func span(samples []sample) string {
	least, most := samples[0].cpu, samples[0].cpu
	for _, s := range samples {
		least, most = min(least, s.cpu), max(most, s.cpu)
	}
	return seconds(least) + "–" + seconds(most)
}

func ratio[T time.Duration | int64](x, y T) string {
	if y <= 0 {
		return none
	}
	return fmt.Sprintf("%.2f", float64(x)/float64(y))
}
