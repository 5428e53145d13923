package record_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"

	"sluice/output/encode/compress"
	"sluice/output/encode/jsonl"
	"sluice/output/record"
)

// lookup returns a Lookup of accessors between commas.
func lookup(t testing.TB, accessors string) *record.Lookup {
	t.Helper()
	var parsed []record.Accessor
	for text := range strings.SplitSeq(accessors, ",") {
		a, n, err := record.ParseAccessor(text)
		if err != nil || n != len(text) {
			t.Fatalf("ParseAccessor(%q) = %d, %v", text, n, err)
		}
		parsed = append(parsed, a)
	}
	return record.NewLookup(parsed...)
}

// describe writes a value as its kind and text.
func describe(v record.Value) string {
	if !v.Found {
		return "missing"
	}
	text, ok := v.AppendText(nil)
	if !ok {
		return v.Kind.String()
	}
	return v.Kind.String() + " " + string(text)
}

func TestFind(t *testing.T) {
	for _, c := range []struct{ name, accessors, body, want string }{
		{"string", "$a", "81 a161 a178", "str x"},
		{"str8", "$a", "81 d90161 d90178", "str x"},
		{"binary", "$a", "81 a161 c40178", "bin x"},
		{"true and false", "$a,$b", "82 a161 c3 a162 c2", "bool true;bool false"},
		{"numbers", "$a,$b,$c", "83 a161 cd0100 a162 d0ff a163 cb3ff8000000000000", "uint 256;int -1;float 1.5"},
		{"null", "$a", "81 a161 c0", "nil"},
		{"missing", "$a", "81 a162 01", "missing"},
		{"map and array", "$a,$b", "82 a161 81a17801 a162 9101", "map;array"},
		{"extension", "$a", "81 a161 d40161", "ext"},
		{"NaN", "$a", "81 a161 cb7ff8000000000000", "float"},
		{"nested", "$a['b']['c']", "81 a161 81 a162 81 a163 a178", "str x"},
		{"element", "$a['b'][1]['c']", "81 a161 81 a162 92 01 81a16305", "uint 5"},
		{"element beyond the end", "$a[1]", "81 a161 9101", "missing"},
		{"element of a map", "$a[0]", "81 a161 81 a130 01", "missing"},
		{"member of an array", "$a['0']", "81 a161 9101", "missing"},
		{"member of a string", "$a['b']", "81 a161 a178", "missing"},
		{"a map and a member of it", "$a,$a['b'],$a['b']", "81 a161 81 a162 01", "map;uint 1;uint 1"},
		{"the last of a name", "$a", "82 a161 01 a161 02", "uint 2"},
		{"the last of a name has no such member", "$a['b']", "82 a161 81a16201 a161 81a16301", "missing"},
		{"the last of a name is null", "$a['b']", "82 a161 81a16201 a161 c0", "missing"},
		{"a key that is not a string", "$a", "83 81a16101 02 c4 01 61 03 a161 04", "uint 4"},
		{"body is no map", "$a", "a161", "missing"},
		{"deep beside it", "$a", "82 a178" + strings.Repeat("91", 4096) + "c0 a161 01", "uint 1"},
		{"as deep as itself", "$a", "81 a161" + strings.Repeat("91", 4096) + "c0", "array"},
	} {
		body := unhex(t, c.body)
		values, n, err := lookup(t, c.accessors).Find(nil, append(body, 0xc1))
		var got []string
		for _, v := range values {
			got = append(got, describe(v))
		}
		if strings.Join(got, ";") != c.want || n != len(body) || err != nil {
			t.Errorf("%s: Find(%s) = %q, %d, %v, want %q, %d", c.name, c.accessors, got, n, err, c.want, len(body))
		}
	}
}

func TestFindStopsAtWhatIsNoMsgpack(t *testing.T) {
	l := lookup(t, "$a['b'][2],$c")
	whole := unhex(t, "83 a161 81 a162 93 01 02 03 05 06 a163 d90178")
	for n := range whole {
		if _, _, err := l.Find(nil, whole[:n]); err == nil {
			t.Errorf("Find of the first %d of %d bytes has no error", n, len(whole))
		}
	}
}

func TestFindDoesNotAllocate(t *testing.T) {
	l, body := lookup(t, "$level,$kubernetes['labels']['app']"), kubernetes(1)
	values := make([]record.Value, 0, 2)
	text := make([]byte, 0, 100)
	if n := testing.AllocsPerRun(100, func() {
		values, _, _ = l.Find(values, body)
		text, _ = values[1].AppendText(text[:0])
	}); n != 0 || string(text) != "orders" {
		t.Errorf("Find makes %v allocations and finds %q", n, text)
	}
}

// A number in a key is the number in the object.
func TestTextIsTheJSONWriters(t *testing.T) {
	floats := []float64{0, math.Copysign(0, -1), 1, -1.5, 0.1, 1.0 / 3, 1e-4, 9.9e-5,
		123456.789, 1e15, 1e16, 1e17, 1e18, 1 << 63, -1 << 63, 1e22, math.MaxFloat64,
		math.SmallestNonzeroFloat64, 1785922200.123456, float64(float32(0.1))}
	for _, f := range floats {
		body := binary.BigEndian.AppendUint64([]byte{0x81, 0xa1, 'v', 0xcb}, math.Float64bits(f))
		var out bytes.Buffer
		sink, err := compress.New(&out, compress.None, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		w := jsonl.NewWriter(sink, jsonl.Options{})
		if _, err := w.Write(record.Event{Body: body}); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		values, _, err := lookup(t, "$v").Find(nil, body)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := values[0].AppendText(nil)
		if got, want := fmt.Sprintf("{\"v\":%s}\n", text), out.String(); got != want {
			t.Errorf("text of %v makes %q, the JSON writer %q", f, got, want)
		}
	}
}
