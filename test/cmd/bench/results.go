package main

import (
	"fmt"
	"time"
)

// none stands where there is nothing to say.
const none = "–"

var head = []string{
	"output", "CPU s", "min–max", "over null", "× built-in's", "wall s", "× null", "peak MB", "over null",
	"stored MB", "× built-in's", "objects", "requests", "missing", "twice",
}

// tables are the results, a table for each input.
func tables(trials []*trial) (all []table) {
	var same []*trial
	for n, t := range trials {
		same = append(same, t)
		if n+1 == len(trials) || trials[n+1].input.name != t.input.name {
			all = append(all, results(same))
			same = nil
		}
	}
	return all
}

// results is the table of one input's trials.
func results(trials []*trial) table {
	in := trials[0].input
	t := table{title: fmt.Sprintf("%s: %.0f MB in %d lines", in.name, mega(in.bytes), in.lines), rows: [][]string{head}}
	for _, x := range trials {
		t.rows = append(t.rows, x.row(trials))
	}
	return t
}

// row compares a trial with null and with the built-in output among the others.
func (t *trial) row(others []*trial) []string {
	if len(t.samples) == 0 {
		row := []string{t.output.String(), "failed"}
		return append(row, make([]string, len(head)-len(row))...)
	}
	s := typical(t.samples)
	null, hasNull := find(others, output{plugin: "null", workers: 1, count: t.count})
	builtIn, hasBuiltIn := find(others, output{plugin: "s3", codec: t.codec, workers: 1, count: t.count})
	isNull, isBuiltIn := t.plugin == "null", t.plugin == "s3"
	hasNull, hasBuiltIn = hasNull && !isNull, hasBuiltIn && !isNull && !isBuiltIn
	upload := !isNull
	return []string{
		t.output.String(),
		seconds(s.cpu), span(t.samples),
		when(hasNull, func() string { return seconds(s.cpu - null.cpu) }),
		when(hasNull && hasBuiltIn, func() string { return ratio(s.cpu-null.cpu, builtIn.cpu-null.cpu) }),
		seconds(s.wall),
		when(hasNull, func() string { return ratio(s.wall, null.wall) }),
		fmt.Sprintf("%.0f", mega(s.peak)),
		when(hasNull, func() string { return fmt.Sprintf("%.0f", mega(s.peak-null.peak)) }),
		when(upload, func() string { return fmt.Sprintf("%.1f", mega(s.Stored)) }),
		when(hasBuiltIn, func() string { return ratio(s.Stored, builtIn.Stored) }),
		when(upload, func() string { return fmt.Sprint(s.Objects) }),
		when(upload, func() string { return fmt.Sprint(s.Requests) }),
		when(upload, func() string { return fmt.Sprint(worst(t.samples, func(s sample) int { return s.Missing })) }),
		when(upload, func() string { return fmt.Sprint(worst(t.samples, func(s sample) int { return s.Twice })) }),
	}
}

// find finds what an output's samples are like.
func find(trials []*trial, o output) (sample, bool) {
	if o.plugin == "null" {
		o.codec = "none"
	}
	for _, t := range trials {
		if t.output == o && len(t.samples) > 0 {
			return typical(t.samples), true
		}
	}
	return sample{}, false
}

func when(there bool, text func() string) string {
	if !there {
		return none
	}
	return text()
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f", d.Seconds()) }

func span(samples []sample) string {
	least, most := samples[0].cpu, samples[0].cpu
	for _, s := range samples {
		least, most = min(least, s.cpu), max(most, s.cpu)
	}
	return seconds(least) + "–" + seconds(most)
}

func ratio[T time.Duration | int64](x, y T) string {
	if y == 0 {
		return none
	}
	return fmt.Sprintf("%.2f", float64(x)/float64(y))
}
