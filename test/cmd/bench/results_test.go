package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"sluice/test/cmd/bench/sink"
	"sluice/test/cmd/internal/table"
	"sluice/test/testenv"
)

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		of   []int
		want int
	}{{[]int{7}, 7}, {[]int{9, 1, 5}, 5}, {[]int{4, 1, 10, 2}, 3}, {[]int{-4, -2}, -3}} {
		if got := median(test.of); got != test.want {
			t.Errorf("median(%v): got %d, want %d", test.of, got, test.want)
		}
	}
}

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// outcome is a trial of 1000 lines with these samples.
func outcome(t *testing.T, name string, samples ...sample) *trial {
	t.Helper()
	o, err := parseOutput(name)
	if err != nil {
		t.Fatal(err)
	}
	lines := testenv.Orders(1000)
	return &trial{input: input{name: "parsed", size: 2e6, lines: lines}, output: o, samples: samples}
}

func TestTypical(t *testing.T) {
	got := typical([]sample{
		{cpu: ms(3), wall: ms(9), peak: 1, Count: sink.Count{Stored: 7, Objects: 1, Requests: 4, Missing: 0}},
		{cpu: ms(1), wall: ms(8), peak: 3, Count: sink.Count{Stored: 6, Objects: 3, Requests: 4, Missing: 5}},
		{cpu: ms(2), wall: ms(7), peak: 2, Count: sink.Count{Stored: 5, Objects: 2, Requests: 4, Twice: 1}},
	})
	want := sample{cpu: ms(2), wall: ms(8), peak: 2,
		Count: sink.Count{Stored: 6, Objects: 2, Requests: 4, Missing: 5, Twice: 1}}
	if got != want {
		t.Errorf("typical: got %+v, want %+v", got, want)
	}
}

func TestTables(t *testing.T) {
	trials := []*trial{
		outcome(t, "null", sample{cpu: ms(1000), wall: ms(2000), peak: 10e6}),
		outcome(t, "s3:gzip",
			sample{cpu: ms(5000), wall: ms(8000), peak: 30e6,
				Count: sink.Count{Stored: 4e6, Objects: 5, Requests: 6, Missing: 9}}),
		outcome(t, "sluice:gzip:1",
			sample{cpu: ms(1900), wall: ms(2500), peak: 16e6, Count: sink.Count{Stored: 3e6, Objects: 1, Requests: 2}},
			sample{cpu: ms(2100), wall: ms(2500), peak: 16e6, Count: sink.Count{Stored: 3e6, Objects: 1, Requests: 2}}),
		outcome(t, "sluice:zstd", sample{cpu: ms(1500), wall: ms(2000), peak: 10e6}),
		outcome(t, "sluice:none"),
		outcome(t, "sluice:gzip*2", sample{cpu: ms(3000), wall: ms(2000), peak: 10e6}),
	}
	trials[5].input.name = "ten"
	all := tables(trials)
	if len(all) != 2 || len(all[0].Rows) != 5 || len(all[1].Rows) != 1 {
		t.Fatalf("tables: got %+v, want one of 5 rows and one of 1", all)
	}
	for n, want := range []string{
		"null|1.00|1.00–1.00|–|–|–|2.00|–|10|–|–|–|–|–|–|–",
		"s3:gzip|5.00|5.00–5.00|4.00|–|4000.00|8.00|4.00|30|20|4.0|–|5|6|9|0",
		"sluice:gzip:1|2.00|1.90–2.10|1.00|0.25|1000.00|2.50|1.25|16|6|3.0|0.75|1|2|0|0",
		"sluice:zstd|1.50|1.50–1.50|0.50|–|500.00|2.00|1.00|10|0|0.0|–|0|0|0|0",
		"sluice:none|failed||||||||||||||",
	} {
		if got := strings.Join(all[0].Rows[n], "|"); got != want {
			t.Errorf("row %d: got\n%s, want\n%s", n, got, want)
		}
	}
	if got, want := strings.Join(all[1].Rows[0][:6], "|"), "sluice:gzip*2|3.00|3.00–3.00|–|–|–"; got != want {
		t.Errorf("row without null: got %s, want %s", got, want)
	}
}

func TestForms(t *testing.T) {
	x := titled{"x", table.Table{Head: []string{"a", "b"}, Rows: [][]string{{"one", "2"}}}}
	if got, want := x.markdown(), "### x\n\n| a | b |\n|---|---:|\n| one | 2 |\n"; got != want {
		t.Errorf("markdown: got %q, want %q", got, want)
	}
	if got, want := x.text(), "x\n    a  b\n  one  2\n"; got != want {
		t.Errorf("text: got %q, want %q", got, want)
	}
}

// TestFaults wants to hear of what went wrong, but not with the built-in output.
func TestFaults(t *testing.T) {
	broken := errors.New("broken")
	b := &bench{trials: []*trial{outcome(t, "null"), outcome(t, "s3:gzip"), outcome(t, "sluice:gzip")}}
	b.trials[1].failed = broken
	if err := b.faults(); err != nil {
		t.Errorf("faults: got %v, want none", err)
	}
	b.trials[2].failed = broken
	if err := b.faults(); !errors.Is(err, broken) {
		t.Errorf("faults: got %v, want %v", err, broken)
	}
	for _, s := range []sample{{Count: sink.Count{Missing: 1}}, {Count: sink.Count{Twice: 1}},
		{Count: sink.Count{Alien: 1}}} {
		if s.err() == nil {
			t.Errorf("err of %+v: got nil", s.Count)
		}
	}
	if err := (sample{}).err(); err != nil {
		t.Errorf("err: got %v, want nil", err)
	}
}
