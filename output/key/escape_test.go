package key_test

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"sluice/output/key"
	"sluice/output/record"
)

func text(s string) record.Value {
	return record.Value{Found: true, Kind: record.Str, Bytes: []byte(s)}
}

func TestAppendField(t *testing.T) {
	for _, c := range []struct {
		value record.Value
		want  string
	}{
		{text("team-7"), "team-7"},
		{text(`/\%={}?*"#:`), "%2F%5C%25%3D%7B%7D%3F%2A%22%23%3A"},
		{text("a b+c&d,e;f@g'h[i]^|<>!()~$`"), "a b+c&d,e;f@g'h[i]^|<>!()~$`"},
		{text("a\x00\n\x1f\x7fb"), "a%00%0A%1F%7Fb"},
		{text("\u0085é日🙂"), "%C2%85é日🙂"},
		{text("\xff\xc3(\xed\xa0\x80�"), "%FF%C3(%ED%A0%80�"},
		{text("."), "%2E"},
		{text(".."), "%2E%2E"},
		{text("..."), "..."},
		{text("../.."), "..%2F.."},
		{text(".a"), ".a"},
		{text(""), key.Missing},
		{record.Value{Found: true, Kind: record.Bin, Bytes: []byte("a/b")}, "a%2Fb"},
		{record.Value{}, key.Missing},
		{record.Value{Found: true, Kind: record.Nil}, key.Missing},
		{record.Value{Found: true, Kind: record.Map}, key.Missing},
		{record.Value{Found: true, Kind: record.Array}, key.Missing},
		{record.Value{Found: true, Kind: record.Ext}, key.Missing},
		{record.Value{Found: true, Kind: record.Float, Bits: math.Float64bits(math.Inf(1))}, key.Missing},
		{record.Value{Found: true, Kind: record.Bool, Bits: 1}, "true"},
		{record.Value{Found: true, Kind: record.Uint, Bits: 1<<64 - 1}, "18446744073709551615"},
		{record.Value{Found: true, Kind: record.Int, Bits: 1<<64 - 5}, "-5"},
		{record.Value{Found: true, Kind: record.Float, Bits: math.Float64bits(1.5)}, "1.5"},
		{text(strings.Repeat("x", 128)), strings.Repeat("x", 128)},
	} {
		if got := string(key.AppendField([]byte("ns="), c.value)); got != "ns="+c.want {
			t.Errorf("AppendField(%q) = %q, want %q", c.value.Bytes, got, "ns="+c.want)
		}
	}
}

// Long values are cut between characters and escapes, and stay apart.
func TestLongFields(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range []string{strings.Repeat("x", 129), strings.Repeat("x", 130), strings.Repeat("é", 65),
		"x" + strings.Repeat("é", 65), strings.Repeat("/", 43), "x" + strings.Repeat("/", 43),
		"xx" + strings.Repeat("/", 43), strings.Repeat("🙂", 1000), strings.Repeat("\xff", 1000)} {
		got := string(key.AppendField(nil, text(s)))
		head, hash, _ := strings.Cut(got, "~")
		if len(got) > key.MaxField || len(got) < key.MaxField-4 || len(hash) != 32 || !utf8.ValidString(got) ||
			seen[got] {
			t.Errorf("AppendField of %d times %.4q = %q of %d bytes", len(s), s, got, len(got))
		}
		if i := strings.LastIndexByte(head, '%'); i >= 0 && len(head)-i < 3 {
			t.Errorf("AppendField cuts an escape: %q", got)
		}
		seen[got] = true
	}
}

func TestAppendFieldDoesNotAllocate(t *testing.T) {
	dst, v := make([]byte, 0, 200), text("team/é")
	if n := testing.AllocsPerRun(100, func() { dst = key.AppendField(dst[:0], v) }); n != 0 {
		t.Errorf("AppendField makes %v allocations", n)
	}
}
