package differential

import (
	"bytes"
	"encoding/json"
	"flag"
	"testing"

	"sluice/test/testenv"
)

// seed fixes the records; another seed is another test.
var seed = flag.Uint64("seed", 20261122, "for the generated records")

var variants = []variant{
	{"defaults", "everything", nil},
	{"double", "everything", []testenv.Property{{Name: "json_date_format", Value: "double"}}},
	{"epoch", "everything", []testenv.Property{{Name: "json_date_format", Value: "epoch"}}},
	{"epoch_ms", "everything", []testenv.Property{{Name: "json_date_format", Value: "epoch_ms"}}},
	{"iso8601", "everything", []testenv.Property{{Name: "json_date_format", Value: "iso8601"}}},
	{"java_sql_timestamp", "everything", []testenv.Property{{Name: "json_date_format", Value: "java_sql_timestamp"}}},
	{"no_date", "everything", []testenv.Property{{Name: "json_date_key", Value: "false"}}},
	{"other_date", "everything", []testenv.Property{{Name: "json_date_key", Value: "a"}}},
	{"log_key", "keyed", []testenv.Property{{Name: "log_key", Value: "log"}}},
}

func TestSameJSONAsTheBuiltInOutput(t *testing.T) {
	b := newBench(t)
	b.variants = variants
	seen := make([]int, len(Differences))
	for _, escape := range []bool{true, false} {
		t.Run(map[bool]string{true: "escape_unicode", false: "raw_unicode"}[escape], func(t *testing.T) {
			streams := []stream{everything(*seed, 10_000), keyed(*seed, 2_000)}
			b.escape = escape
			got := b.run(t, streams)
			for _, v := range variants {
				t.Run(v.name, func(t *testing.T) {
					if v.tag == "keyed" {
						compareText(t, got[v.name].c, got[v.name].ours)
						return
					}
					always := Feature(0)
					if v.name == "double" {
						always = Inexact // the time
					}
					comparison{escape, always, seen}.lines(t, streams[0].features(), got[v.name].c, got[v.name].ours)
				})
			}
		})
	}
	for i, d := range Differences {
		if seen[i] == 0 && !t.Failed() {
			t.Errorf("difference %q was not seen: strike it off the list", d.Name)
		}
	}
}

func compareText(t *testing.T, c, ours []byte) {
	t.Helper()
	if len(c) == 0 {
		t.Fatal("the C output wrote nothing")
	}
	if c, ours = roundNumbers(c, ours); !bytes.Equal(c, ours) {
		n := common(c, ours)
		t.Errorf("texts of %d and %d bytes differ at %d:\nC:    %.300q\nours: %.300q", len(c), len(ours), n, from(c, n),
			from(ours, n))
	}
}

// comparison is of one run's lines.
type comparison struct {
	escape bool    // json.escape_unicode
	always Feature // of each line
	seen   []int   // how often each difference was seen
}

// lines wants our lines to be the C output's, apart from the listed differences, and to be JSON.
func (x comparison) lines(t *testing.T, features []Feature, c, ours []byte) {
	t.Helper()
	cLines, ourLines := split(c), split(ours)
	if len(cLines) != len(features) || len(ourLines) != len(features) {
		t.Fatalf("lines: C %d, ours %d, want %d", len(cLines), len(ourLines), len(features))
	}
	wrong := 0
	for i, f := range features {
		if !json.Valid(ourLines[i]) {
			t.Errorf("line %d of ours is no JSON: %.300q", i, ourLines[i])
			wrong++
		}
		if !x.line(t, i, f, cLines[i], ourLines[i]) {
			wrong++
		}
		if wrong > 4 {
			t.Fatal("and so on")
		}
	}
}

func (x comparison) line(t *testing.T, i int, f Feature, c, ours []byte) bool {
	t.Helper()
	if bytes.Equal(c, ours) {
		return true
	}
	f |= x.always
	for n, d := range Differences {
		if f&d.Applies != 0 {
			x.seen[n]++
		}
	}
	a, b, err := normalize(f, x.escape, c, ours)
	if err != nil {
		t.Errorf("line %d: %v\nC:    %.300q\nours: %.300q", i, err, c, ours)
		return false
	}
	if !bytes.Equal(a, b) {
		n := max(0, common(a, b)-100)
		t.Errorf("line %d (features %05b) differs near %d:\nC:    %.300q\nours: %.300q", i, f, n, from(a, n),
			from(b, n))
		return false
	}
	return true
}

// TestBuiltInOutputWritesJSON checks the test itself: the C output's lines are JSON wherever no feature
// excuses them, and translate understands all others.
func TestBuiltInOutputWritesJSON(t *testing.T) {
	program, err := testenv.FindFluentBit()
	if err != nil {
		t.Skipf("there is no Fluent Bit here: %v", err)
	}
	s := everything(*seed, 10_000)
	got := bench{program: program, escape: true, variants: variants[:1]}.run(t, []stream{s})["defaults"]
	if !bytes.Equal(got.c, got.ours) {
		t.Fatal("two C outputs differ")
	}
	lines, features := split(got.c), s.features()
	if len(lines) != len(features) {
		t.Fatalf("lines: got %d, want %d", len(lines), len(features))
	}
	for i, line := range lines {
		if features[i] != 0 {
			translated, err := translate(line, features[i], true)
			if err != nil {
				t.Errorf("line %d: %v", i, err)
				continue
			}
			line = translated
		}
		if !json.Valid(line) {
			t.Errorf("line %d is no JSON: %.300q", i, line)
		}
	}
}

func split(text []byte) [][]byte {
	return bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
}

// common is how many bytes two texts share at their beginning.
func common(x, y []byte) int {
	n := 0
	for n < len(x) && n < len(y) && x[n] == y[n] {
		n++
	}
	return n
}

func from(text []byte, n int) []byte { return text[min(n, len(text)):] }
