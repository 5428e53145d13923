package testenv

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"
)

// Tally counts which lines arrived.
type Tally struct {
	streams []*Count
	byTag   map[string]*Count
	keys    []string // of the objects, from 1
}

// Count is what arrived of one stream of lines.
type Count struct {
	Lines
	Out     int // records in the objects
	Missing int // lines that are in no object
	Twice   int // records beyond the first of their line
	// of Twice, those that are the first's copies: the others were read twice by Fluent Bit, at another time
	Copies int
	Jumps  int // records that stand behind a later line's record
	Alien  int // records with no id of this tag in an object of this tag

	seen  []int    // the object of each line's first record, 0 for none
	sums  []uint32 // of each line's first record
	last  int      // the last record's line
	again map[[2]int]int
}

// NewTally expects these streams.
func NewTally(streams ...Lines) *Tally {
	t := &Tally{keys: []string{""}, byTag: map[string]*Count{}}
	for _, s := range streams {
		c := &Count{Lines: s, Missing: s.Count, seen: make([]int, s.Count), sums: make([]uint32, s.Count), last: -1,
			again: map[[2]int]int{}}
		t.streams = append(t.streams, c)
		t.byTag[s.Tag] = c
	}
	return t
}

// Bucket counts all objects of a bucket whose keys contain one of the tags as a folder, in the natural
// order of their keys: the order of $INDEX, which Fluent Bit does not pad with zeros.
func (t *Tally) Bucket(ctx context.Context, b Bucket) error {
	objects, err := b.List(ctx)
	if err != nil {
		return err
	}
	slices.SortFunc(objects, func(x, y Object) int { return Natural(x.Key, y.Key) })
	for _, o := range objects {
		text, err := b.Read(ctx, o.Key)
		if err != nil {
			return err
		}
		if err := t.Add(o.Key, text); err != nil {
			return err
		}
	}
	return nil
}

// Add counts one object's lines; objects of one tag come in order.
func (t *Tally) Add(key string, text []byte) error {
	t.keys = append(t.keys, key)
	for folder := range strings.SplitSeq(key, "/") {
		if c := t.byTag[folder]; c != nil {
			c.add(len(t.keys)-1, text)
			return nil
		}
	}
	return fmt.Errorf("object %s belongs to no tag", key)
}

func (c *Count) add(object int, text []byte) {
	for line := range bytes.Lines(text) {
		c.Out++
		n, ok := c.id(line)
		switch {
		case !ok:
			c.Alien++
			continue
		case c.seen[n] > 0:
			c.Twice++
			if c.sums[n] == crc32.ChecksumIEEE(line) {
				c.Copies++
			}
			c.again[[2]int{c.seen[n], object}]++
		default:
			c.seen[n], c.sums[n] = object, crc32.ChecksumIEEE(line)
			c.Missing--
		}
		if n < c.last {
			c.Jumps++
		}
		c.last = n
	}
}

func (c *Count) id(line []byte) (int, bool) {
	_, rest, found := bytes.Cut(line, []byte(c.Mark))
	if !found || len(rest) < 9 {
		return 0, false
	}
	n, err := strconv.Atoi(string(rest[:9]))
	return n, err == nil && n < c.Count
}

// Has is whether line n is there.
func (c *Count) Has(n int) bool { return c.seen[n] > 0 }

// Counts are the streams' counts.
func (t *Tally) Counts() []*Count { return t.streams }

// Complete is whether every line is there.
func (t *Tally) Complete() bool {
	return !slices.ContainsFunc(t.streams, func(c *Count) bool { return c.Missing > 0 })
}

// Err says what is wrong: lines missing, there twice, out of order, or in an object of another tag.
func (t *Tally) Err() error {
	for _, c := range t.streams {
		if c.Missing+c.Twice+c.Jumps+c.Alien > 0 {
			return fmt.Errorf("lines and records differ:\n%s", t)
		}
	}
	return nil
}

// String is a table with one line for each tag.
func (t *Tally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-12s %10s %10s %10s %10s %10s %13s %10s\n", "tag", "lines in", "records", "missing", "twice",
		"copies", "out of order", "alien")
	for _, c := range t.streams {
		fmt.Fprintf(&b, "%-12s %10d %10d %10d %10d %10d %13d %10d\n", c.Tag, c.Lines.Count, c.Out, c.Missing, c.Twice,
			c.Copies, c.Jumps, c.Alien)
	}
	for _, c := range t.streams {
		for pair, n := range c.again {
			fmt.Fprintf(&b, "%d records of %s are in %s and again in %s\n", n, c.Tag, t.keys[pair[0]], t.keys[pair[1]])
		}
	}
	return b.String()
}

// Natural orders text as people do: runs of digits by their number.
func Natural(x, y string) int {
	for x != "" && y != "" {
		a, b := digits(x), digits(y)
		if a > 0 && b > 0 {
			if c := cmp.Or(cmp.Compare(number(x[:a]), number(y[:b])), cmp.Compare(a, b)); c != 0 {
				return c
			}
			x, y = x[a:], y[b:]
			continue
		}
		if x[0] != y[0] {
			return cmp.Compare(x[0], y[0])
		}
		x, y = x[1:], y[1:]
	}
	return cmp.Compare(len(x), len(y))
}

func digits(s string) int {
	n := 0
	for n < len(s) && n < 18 && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

func number(digits string) int64 {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		panic(err) // at most 18 digits
	}
	return n
}
