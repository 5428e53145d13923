package jsonl

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestStringsByWords: a string becomes the same whether it is written by words or a
// character at a time, whatever stands where, behind it, and before it.
func TestStringsByWords(t *testing.T) {
	pieces := []string{"a", "plain text", `"`, `\`, `{"k":"v"}`, "\n", "\t\r", "\x00", "\x1b[0m", "\x7f", "ö", "日本",
		"😀", "\xff", "\xe6\x97"}
	r := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		var s []byte
		for range r.IntN(12) {
			s = append(s, pieces[r.IntN(len(pieces))]...)
		}
		whole := append(slices.Clip(s), `"\ öbehind`[:r.IntN(11)]...)
		s, before := whole[:len(s)], bytes.Repeat([]byte("b"), r.IntN(40))
		unicode := r.IntN(2) == 0
		want := append(slices.Clone(before), '"')
		for rest := s; len(rest) > 0; {
			want, rest = appendEscape(want, rest, unicode)
		}
		want = append(want, '"')
		if got := appendString(slices.Clip(before), s, unicode); !bytes.Equal(got, want) {
			t.Fatalf("%q, escapeUnicode %v, behind %q: got %s, want %s", s, unicode, before, got, want)
		}
	}
}
