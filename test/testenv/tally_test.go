package testenv

import (
	"bytes"
	"slices"
	"testing"
)

func TestTallyCounts(t *testing.T) {
	lines := func(numbers ...int) []byte {
		var b bytes.Buffer
		for _, n := range numbers {
			if err := Orders(9).Write(&b, n, n+1); err != nil {
				t.Fatal(err)
			}
		}
		return b.Bytes()
	}
	for _, test := range []struct {
		name                         string
		text                         []byte
		missing, twice, jumps, alien int
	}{
		{"all", lines(0, 1, 2, 3), 0, 0, 0, 0},
		{"none", nil, 4, 0, 0, 0},
		{"missing", lines(0, 1, 3), 1, 0, 0, 0},
		{"twice", lines(0, 1, 1, 2, 3), 0, 1, 0, 0},
		{"again from the start", lines(0, 1, 2, 3, 0), 0, 1, 1, 0},
		{"out of order", lines(0, 2, 1, 3), 0, 0, 1, 0},
		{"another stream's line", append(lines(0, 1, 2, 3), "req-000000001\n"...), 0, 0, 0, 1},
		{"a line that was never sent", lines(0, 1, 2, 3, 8), 0, 0, 0, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			tally := NewTally(Orders(4))
			if err := tally.Add("logs/app.orders/1", test.text); err != nil {
				t.Fatal(err)
			}
			c := tally.Counts()[0]
			got := []int{c.Missing, c.Twice, c.Jumps, c.Alien}
			want := []int{test.missing, test.twice, test.jumps, test.alien}
			if !slices.Equal(got, want) {
				t.Errorf("missing, twice, jumps, alien: got %d, want %d", got, want)
			}
		})
	}
}

func TestNatural(t *testing.T) {
	got := []string{"a/10-x", "a/9-y", "a/9", "b/1", "a/100"}
	slices.SortFunc(got, Natural)
	want := []string{"a/9", "a/9-y", "a/10-x", "a/100", "b/1"}
	if !slices.Equal(got, want) {
		t.Errorf("sorted: got %q, want %q", got, want)
	}
}
