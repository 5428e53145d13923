package jsonl_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"sluice/output/encode"
	"sluice/output/encode/jsonl"
	"sluice/output/record"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// pool is that of all tests: what one leaves in an Encoder must not matter.
var pool encode.Pool

// encodeAll returns what an Encoder makes of a chunk.
func encodeAll(t testing.TB, chunk []byte, o encode.Options) (string, encode.Encoder) {
	t.Helper()
	var out bytes.Buffer
	w, err := pool.Get(&out, o)
	if err != nil {
		t.Fatal(err)
	}
	writeAll(t, w, chunk)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	pool.Put(w, o)
	return out.String(), w
}

// writeAll writes the events of a chunk.
func writeAll(t testing.TB, w encode.Encoder, chunk []byte) {
	t.Helper()
	for d := record.NewDecoder(chunk); ; {
		ev, err := d.NextHeader()
		if err == io.EOF {
			return
		}
		n := 0
		if err == nil {
			n, err = w.Write(ev)
		}
		if err != nil {
			t.Fatalf("chunk %.1000x: %v", chunk, err)
		}
		d.Advance(n)
	}
}

// The values are those that Fluent Bit v5.1.1 writes, but for those marked *,
// where that is invalid JSON or loses data; the differential test proves it.
func TestValues(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"nil", "c0", `null`},
		{"booleans", "92 c2 c3", `[false,true]`},
		{"integers", "94 00 ff cf ffffffffffffffff d3 8000000000000000",
			`[0,-1,18446744073709551615,-9223372036854775808]`},
		{"whole floats", "93 cb 3ff0000000000000 cb 8000000000000000 ca 4b800000", `[1.0,-0.0,16777216.0]`},
		{"float32", "ca 3dcccccd", `0.10000000149011612`},
		{"large floats", "92 cb 7e37e43c8800759c cb 43e0000000000000", `[1e+300,9.223372036854776e+18]`},
		{"small floats", "92 cb 0000000000000001 cb 3ee4f8b588e368f1", `[5e-324,1e-05]`},
		{"the last whole float", "cb c3e0000000000000", `-9223372036854775808.0`},
		{"* no numbers", "93 cb 7ff8000000000000 cb 7ff0000000000000 cb fff0000000000000", `[null,null,null]`},
		{"empty", "94 90 80 a0 c4 00", `[[],{},"",""]`},
		{"short escapes", "a7 22 5c 0a 0d 09 08 0c", `"\"\\\n\r\t\b\f"`},
		{"other escapes", "a3 00 1f 2f", `"\u0000\u001f/"`},
		{"* DEL", "a1 7f", "\"\x7f\""},
		{"two and three bytes", "a5 c3a9 e282ac", `"\u00e9\u20ac"`},
		{"four bytes", "a4 f09f9880", `"\ud83d\ude00"`},
		{"bin is text", "c4 03 61 c3a9", `"a\u00e9"`},
		{"overlong", "a2 c080", `"\u0000"`},
		{"lone continuation", "a3 61 80 62", "\"a\ue080b\""},
		{"broken sequence", "a3 e2 82 41", "\"\ue0e2\ue082A\""},
		{"surrogate", "a3 ed a0 80", "\"\ue0ed\ue0a0\ue080\""},
		{"* sequence cut off", "a2 41 e2", "\"A\ue0e2\""},
		{"* ext", "c7 02 05 01 ff", `"\\x01\\xff"`},
		{"* keys that are no text", "84 01 a1 61 c0 a1 62 cb 3ff8000000000000 c2 91 02 c3",
			`{"1":"a","null":"b","1.5":false,"[2]":true}`},
		{"the last of duplicates", "83 a1 61 01 a1 62 02 a1 61 03", `{"b":2,"a":3}`},
		{"duplicates all over", "84 a1 61 01 a1 61 02 a1 61 03 a1 62 04", `{"a":3,"b":4}`},
		{"duplicates further down", "82 a1 6d 82 a1 61 01 a1 61 02 a1 61 03", `{"m":{"a":2},"a":3}`},
		{"bin keys are no duplicates", "83 c4 01 61 01 c4 01 61 02 a1 61 03", `{"a":1,"a":2,"a":3}`},
	} {
		chunk := append(unhex(t, "92 05 81 a1 76"), unhex(t, c.value)...)
		got, _ := encodeAll(t, chunk, encode.Options{Options: jsonl.Options{EscapeUnicode: true}})
		want := `{"v":` + c.want + "}\n"
		if got != want {
			t.Errorf("%s: %s = %s, want %s", c.name, c.value, got, want)
		}
	}
}

func TestRawUnicode(t *testing.T) {
	chunk := unhex(t, "92 05 81 a1 76 ac c3a9 f09f9880 e2 82 41 7f c0 80")
	got, _ := encodeAll(t, chunk, encode.Options{})
	want := "{\"v\":\"é😀\ufffd\ufffdA\x7f\ufffd\ufffd\"}\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLines(t *testing.T) {
	at := "d7 00 6b026ce9 2a890614" // 2026-11-22T…
	for _, c := range []struct {
		name, chunk string
		opts        encode.Options
		want        string
	}{
		{"date first", "92 92 " + at + " 80 81 a1 61 01", encode.Options{Options: jsonl.Options{DateKey: "date"}},
			`{"date":"2026-11-22T04:17:45.713623Z","a":1}`},
		{"java", "92 92 " + at + " 80 80",
			encode.Options{Options: jsonl.Options{DateKey: "t",
				DateFormat: jsonl.JavaSQLTimestamp}}, `{"t":"2026-11-22 04:17:45.713623"}`},
		{"double", "92 92 " + at + " 80 80",
			encode.Options{Options: jsonl.Options{DateKey: "t", DateFormat: jsonl.Double}}, `{"t":1795321065.713623}`},
		{"epoch", "92 92 " + at + " 80 80",
			encode.Options{Options: jsonl.Options{DateKey: "t", DateFormat: jsonl.Epoch}}, `{"t":1795321065}`},
		{"epoch_ms", "92 92 " + at + " 80 80",
			encode.Options{Options: jsonl.Options{DateKey: "t", DateFormat: jsonl.EpochMillis}}, `{"t":1795321065713}`},
		{"before 1970", "92 ff 80", encode.Options{Options: jsonl.Options{DateKey: "t"}},
			`{"t":"1969-12-31T23:59:59.000000Z"}`},
		{"leap day", "92 ce 386d4380 80", encode.Options{Options: jsonl.Options{DateKey: "t"}},
			`{"t":"2000-01-01T00:00:00.000000Z"}`},
		{"no date", "92 05 80", encode.Options{}, `{}`},
		{"the body's date wins", "92 05 82 a1 61 01 a4 64617465 02",
			encode.Options{Options: jsonl.Options{DateKey: "date"}}, `{"a":1,"date":2}`},
		{"metadata", "92 92 05 81 a1 6d 01 81 a1 61 02",
			encode.Options{Options: jsonl.Options{DateKey: "d",
				DateFormat: jsonl.Epoch}}, `{"d":5,"__internal__":{"log_metadata":{"m":1}},"a":2}`},
		{"group", "92 92 d7 00 ffffffff 00000000 80 81 a1 67 01" + "92 05 80", encode.Options{},
			`{"__internal__":{"group_attributes":{"g":1},"log_metadata":{}}}`},
		{"empty group with metadata", "92 92 d7 00 ffffffff 00000000 80 80" + "92 92 05 81 a1 6d 01 80",
			encode.Options{}, `{"__internal__":{"group_attributes":{},"log_metadata":{"m":1}}}`},
		{"body is no map", "92 05 a1 78", encode.Options{}, `{"log":"x"}`},
	} {
		if got, _ := encodeAll(t, unhex(t, c.chunk), c.opts); got != c.want+"\n" {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestLogKey(t *testing.T) {
	chunk := unhex(t, "92 05 81 a3 6c6f67 a5 61 00 22 c3a9"+ // raw, NUL and quote included
		"92 05 82 a3 6c6f67 01 a3 6c6f67 02"+ // the first counts
		"92 05 81 a1 61 01"+ // missing
		"92 05 81 c4 03 6c6f67 81 a1 61 c3") // JSON, bin key
	got, w := encodeAll(t, chunk, encode.Options{Options: jsonl.Options{LogKey: "log", DateKey: "date"}})
	if want := "a\x00\"é\n1\n{\"a\":true}\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if w.Records() != 3 || w.Missing() != 1 {
		t.Errorf("records %d, missing %d, want 3 and 1", w.Records(), w.Missing())
	}
}

// TestManyMembers compares the two ways to find duplicates.
func TestManyMembers(t *testing.T) {
	for _, n := range []int{60, 64, 65, 200} {
		body := []byte{0xde, byte(n >> 8), byte(n)}
		want := map[string]int{}
		for i := range n {
			key := fmt.Sprintf("k%02d", i*i%50)
			if i == n/2 {
				key = "dat"
			}
			body = append(append(body, 0xa3), key...)
			body = append(body, 0xcd, byte(i>>8), byte(i))
			want[key] = i
		}
		got, _ := encodeAll(t, append([]byte{0x92, 5}, body...), encode.Options{Options: jsonl.Options{DateKey: "dat"}})
		var members map[string]int
		if err := json.Unmarshal([]byte(got), &members); err != nil {
			t.Fatalf("%d members: %v in %s", n, err, got)
		}
		if fmt.Sprint(members) != fmt.Sprint(want) || strings.Count(got, `":`) != len(want) {
			t.Errorf("%d members: got %s, want each of %v once", n, got, want)
		}
	}
}

// Each level of maps as keys would double the quotes of those within.
func TestMapsAsKeys(t *testing.T) {
	got, _ := encodeAll(t, unhex(t, "92 05 81 81 a1 61 01 02"), encode.Options{})
	if want := `{"{\"a\":1}":2}` + "\n"; got != want {
		t.Errorf("a map as a key: %s, want %s", got, want)
	}
	w, err := encode.New(io.Discard, encode.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	nested := append(bytes.Repeat([]byte{0x81}, 40), bytes.Repeat([]byte{0xc0}, 41)...)
	if _, err := w.Write(record.Event{Body: nested}); !errors.Is(err, record.ErrTooDeep) {
		t.Errorf("Write of maps as keys of maps as keys = %v", err)
	}
}

func TestTooDeep(t *testing.T) {
	var out bytes.Buffer
	w, err := encode.New(&out, encode.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	deep := append(bytes.Repeat([]byte{0x91}, 1<<16), 0xc0)
	if _, err := w.Write(record.Event{Body: deep}); !errors.Is(err, record.ErrTooDeep) {
		t.Errorf("Write = %v, want ErrTooDeep", err)
	}
	n, err := w.Write(record.Event{Body: []byte{0x80, 0xc1}})
	if err = errors.Join(err, w.Close()); err != nil || n != 1 || out.String() != "{}\n" {
		t.Errorf("after it: %q, %v, want only the next record", out.String(), err)
	}
}

// FuzzJSON checks that whatever is msgpack becomes JSON.
func FuzzJSON(f *testing.F) {
	f.Add([]byte{0x81, 0xa1, 'a', 0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0}, true)
	f.Add([]byte{0x82, 0xc0, 0xa2, 0xc0, 0x80, 0x91, 0x01, 0xd4, 5, 0x80}, false)
	f.Add([]byte("\xa9\xed\xa0\x80\xf0\x9f\x98\x80\xe2\x82"), true)
	f.Fuzz(func(t *testing.T, body []byte, escape bool) {
		n, err := record.Skip(body)
		if err != nil {
			return
		}
		var out bytes.Buffer
		w, _ := encode.New(&out, encode.Options{Options: jsonl.Options{DateKey: "date", EscapeUnicode: escape}}, nil)
		_, err = w.Write(record.Event{Body: body[:n], Metadata: body[:n], Attributes: body[:n]})
		if errors.Is(err, record.ErrTooDeep) {
			return
		}
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		if !json.Valid(out.Bytes()) || bytes.Count(out.Bytes(), []byte{'\n'}) != 1 {
			t.Fatalf("%x becomes %q", body[:n], out.Bytes())
		}
	})
}

func TestFloatsInJSON(t *testing.T) {
	for f, want := range map[float64]string{
		0.1: "0.1", 1.0 / 3: "0.3333333333333333", 123456789.123456789: "123456789.12345679", 1e22: "1e+22",
		1e-4: "0.0001", 1.5e-7: "1.5e-07", math.MaxFloat64: "1.7976931348623157e+308", 1e15 + 0.5: "1000000000000000.5",
		0.16132749999999998: "0.16132749999999998",
		123456789012345680:  "123456789012345680.0",
	} {
		value := []byte{0xcb}
		for shift := 56; shift >= 0; shift -= 8 {
			value = append(value, byte(math.Float64bits(f)>>shift))
		}
		got, _ := encodeAll(t, append([]byte{0x92, 5, 0x81, 0xa1, 'v'}, value...), encode.Options{})
		if got != `{"v":`+want+"}\n" {
			t.Errorf("%v: got %s, want %s", f, got, want)
		}
	}
}

// TestUndated: a member with the name of the date key takes the place of the time, as the last of equal names does, and
// is counted.
func TestUndated(t *testing.T) {
	many := append([]byte{0x92, 5, 0xde, 0, 100}, bytes.Repeat([]byte{0xa1, 'x', 1}, 99)...)
	dated := encode.Options{Options: jsonl.Options{DateKey: "date", DateFormat: jsonl.Epoch}}
	many = append(many, 0xa4, 'd', 'a', 't', 'e', 2)
	for _, c := range []struct {
		name    string
		event   []byte
		options encode.Options
		want    string
		undated int64
	}{
		{"another name", []byte{0x92, 5, 0x81, 0xa1, 'd', 1}, dated, `{"date":5,"d":1}`, 0},
		{"the name", []byte{0x92, 5, 0x82, 0xa1, 'd', 1, 0xa4, 'd', 'a', 't', 'e', 2}, dated,
			`{"d":1,"date":2}`, 1},
		{"among many", many, dated, `{"x":1,"date":2}`, 1},
		{"within", []byte{0x92, 5, 0x81, 0xa1, 'd', 0x81, 0xa4, 'd', 'a', 't', 'e', 2}, dated,
			`{"date":5,"d":{"date":2}}`, 0},
		{"twice another name", []byte{0x92, 5, 0x82, 0xa1, 'd', 1, 0xa1, 'd', 2}, dated,
			`{"date":5,"d":2}`, 0},
		{"no date", []byte{0x92, 5, 0x82, 0xa1, 'd', 1, 0xa1, 'd', 2}, encode.Options{}, `{"d":2}`, 0},
	} {
		var out bytes.Buffer
		w, err := encode.New(&out, c.options, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 { // the first time keys are learnt
			ev, err := record.NewDecoder(c.event).Next()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(ev); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if out.String() != strings.Repeat(c.want+"\n", 3) || w.Undated() != 3*c.undated {
			t.Errorf("%s: wrote %s, %d without their time, want %s three times, %d",
				c.name, out.String(), w.Undated(), c.want, 3*c.undated)
		}
	}
}
