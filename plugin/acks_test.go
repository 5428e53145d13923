package main

import (
	"fmt"
	"testing"
)

func TestUnacked(t *testing.T) {
	for _, c := range []struct {
		answered []int
		noted    string // bytes; "" for a host without metrics
		want     int
	}{
		{nil, "0", 0},
		{nil, "", 0},
		{[]int{10, 20, 30}, "60", 0},
		{[]int{10, 20, 30}, "30", 1},
		{[]int{10, 20, 30}, "10", 2},
		{[]int{10}, "0", 1},
		{[]int{10, 20, 30}, "", 2},   // any may be
		{[]int{10, 20, 30}, "35", 2}, // of chunks that were changed on the way
		{[]int{10, 20, 30}, "90", 2},
		{[]int{1 << 40, 20}, "1.0995116278e+12", 2}, // not exact
		{[]int{1 << 40, 20}, "1099511627776", 1},
	} {
		var a acks
		for _, n := range c.answered {
			a.add(n)
		}
		metrics := ""
		if c.noted != "" {
			metrics = fmt.Sprintf("# TYPE fluentbit_output_proc_bytes_total "+
				"counter\nfluentbit_output_proc_records_total{name=\"s\"} "+
				"7\nfluentbit_output_proc_bytes_total{name=\"s\"} %s\n", c.noted)
		}
		if got := a.unacked(metrics); got != c.want {
			t.Errorf("of %v answers, %q bytes noted: %d unacked, want %d", c.answered, c.noted, got, c.want)
		}
	}
}
