package record_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"sluice/output/record"
)

// unhex reads bytes written as hex with spaces.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// decode lists what a chunk holds: "sec.nsec meta attributes body", or "!reason".
func decode(chunk []byte) (events []string, err error) {
	d := record.NewDecoder(chunk)
	for {
		ev, err := d.Next()
		var invalid *record.InvalidError
		switch {
		case err == io.EOF:
			return events, nil
		case errors.As(err, &invalid):
			events = append(events, "!"+invalid.Reason)
		case err != nil:
			return events, err
		default:
			events = append(events,
				fmt.Sprintf("%d.%09d %x %x %x", ev.Time.Sec, ev.Time.Nsec, ev.Metadata, ev.Attributes, ev.Body))
		}
	}
}

func TestDecoder(t *testing.T) {
	const eventTime = "d7 00 6b026ce9 2a890614"
	for _, c := range []struct {
		name, chunk string
		want        []string
	}{
		{"empty", "", nil},
		{"v2", "92 92 " + eventTime + " 80 81 a1 61 01", []string{"1795321065.713623060 80  81a16101"}},
		{"v2 with ext8", "92 92 c7 08 00 6b026ce9 2a890614 80 80", []string{"1795321065.713623060 80  80"}},
		{"v1 EventTime", "92 " + eventTime + " 80", []string{"1795321065.713623060   80"}},
		{"v1 small int", "92 05 80", []string{"5.000000000   80"}},
		{"v1 uint32", "92 ce ffffffff 80", []string{"4294967295.000000000   80"}},
		{"v1 negative", "92 ff 80", []string{"-1.000000000   80"}},
		{"v1 float64", "92 cb 3ff8000000000000 80", []string{"1.500000000   80"}},
		{"v1 float32", "92 ca 3fc00000 80", []string{"1.500000000   80"}},
		{"v1 just before 1970", "92 cb bbc79ca10c924000 80", []string{"-1.999999999   80"}},
		{"nanoseconds beyond a second", "92 d7 00 00000001 77359400 80", []string{"3.000000000   80"}},
		{"v2 with map32 metadata", "92 92 " + eventTime + " df 00000000 81 a1 61 01",
			[]string{"1795321065.713623060 df00000000  81a16101"}},
		{"metadata", "92 92 05 81 a1 6d 01 80", []string{"5.000000000 81a16d01  80"}},
		{"body is no map", "92 05 a1 78", []string{"5.000000000   a178"}},
		{"map32 body", "92 05 df 00000001 a1 61 c0", []string{"5.000000000   df00000001a161c0"}},
		{"group",
			"92 92 d7 00 ffffffff 00000000 81 a1 67 01 81 a1 61 02" + "92 05 80" + "92 92 d7 00 fffffffe 00000000 " +
				"80 80" + "92 06 80",
			[]string{"5.000000000  81a16102 80", "6.000000000   80"}},
		{"almost a marker", "92 d7 00 fffffffd 00000000 80", []string{"4294967293.000000000   80"}},
		{"marker with nanoseconds", "92 d7 00 ffffffff 00000001 80", []string{"!a group marker with nanoseconds"}},
		{"goes on behind what is no event",
			"93 01 02 03" + "c0" + "92 a1 78 80" + "92 93 05 80 80 80" + "92 92 05 01 80" + "92 05 80", []string{
				"!array of 3 instead of an array of 2",
				"!nil instead of an array of 2",
				"!its time is str",
				"!its header is array of 3 instead of an array of 2",
				"!its metadata is uint instead of a map",
				"5.000000000   80",
			}},
		{"impossible times", "92 cb 7ff8000000000000 80" + "92 cf ffffffffffffffff 80" + "92 d4 00 00 80", []string{
			"!its time is the float NaN", "!its time is uint", "!its time is ext",
		}},
	} {
		chunk := unhex(t, c.chunk)
		got, err := decode(chunk)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: decode = %q, %v\nwant %q", c.name, got, err, c.want)
		}
		sameByHeads(t, chunk)
	}
}

// sameByHeads wants Head, Past and Pass to find what Next finds.
func sameByHeads(t *testing.T, chunk []byte) {
	t.Helper()
	whole, heads := record.NewDecoder(chunk), record.NewDecoder(chunk)
	for past := true; ; past = !past {
		want, wantErr := whole.Next()
		got, err := heads.NextHeader()
		if err == nil {
			n, skipErr := record.Skip(got.Body)
			if past && skipErr == nil {
				heads.Advance(n)
			} else {
				err = heads.SkipBody()
			}
			got.Body = got.Body[:n]
		}
		if err == nil && wantErr == nil && !reflect.DeepEqual(got, want) || fmt.Sprint(err) != fmt.Sprint(wantErr) ||
			heads.Offset() != whole.Offset() {
			t.Fatalf("Head finds %+v, %v up to %d in %x, Next %+v, %v up to %d", got, err, heads.Offset(), chunk, want,
				wantErr, whole.Offset())
		}
		var invalid *record.InvalidError
		if err != nil && !errors.As(err, &invalid) {
			return
		}
	}
}

func TestDecoderStopsAtWhatIsNoMsgpack(t *testing.T) {
	for _, c := range []struct {
		name, tail string
		want       error
	}{
		{"truncated", "92 05 81 a1", record.ErrTruncated},
		{"str longer than the chunk", "92 05 db ffffffff 61", record.ErrTruncated},
		{"array32 of more than the chunk", "dd ffffffff", record.ErrTruncated},
		{"reserved byte", "92 05 c1", record.ErrReserved},
	} {
		got, err := decode(unhex(t, "92 05 80"+c.tail))
		if !errors.Is(err, c.want) || len(got) != 1 {
			t.Errorf("%s: decode = %q, %v, want one event and %v", c.name, got, err, c.want)
		}
	}
}

func TestSkipNeedsNoStack(t *testing.T) {
	deep := append(bytes.Repeat([]byte{0x91}, 1<<20), 0xc0)
	if n, err := record.Skip(deep); n != len(deep) || err != nil {
		t.Errorf("Skip of %d nested arrays = %d, %v", 1<<20, n, err)
	}
}

func TestRead(t *testing.T) {
	for _, c := range []struct {
		in   string
		want record.Token
		rest int
	}{
		{"7f", record.Token{Kind: record.Uint, Bits: 127}, 0},
		{"ff", record.Token{Kind: record.Int, Bits: 1<<64 - 1}, 0},
		{"d0 05", record.Token{Kind: record.Uint, Bits: 5}, 0},
		{"d0 80", record.Token{Kind: record.Int, Bits: 1<<64 - 128}, 0},
		{"d3 8000000000000000", record.Token{Kind: record.Int, Bits: 1 << 63}, 0},
		{"cf ffffffffffffffff", record.Token{Kind: record.Uint, Bits: 1<<64 - 1}, 0},
		{"c3", record.Token{Kind: record.Bool, Bits: 1}, 0},
		{"d9 02 6162 c0", record.Token{Kind: record.Str, Len: 2}, 3},
		{"c5 0001 61", record.Token{Kind: record.Bin, Len: 1}, 1},
		{"d4 fe 61", record.Token{Kind: record.Ext, Len: 1, ExtType: -2}, 1},
		{"c7 00 05", record.Token{Kind: record.Ext, Len: 0, ExtType: 5}, 0},
		{"de 0002", record.Token{Kind: record.Map, Len: 2}, 0},
	} {
		got, rest, err := record.Read(unhex(t, c.in))
		if err != nil || got != c.want || len(rest) != c.rest {
			t.Errorf("Read(%s) = %+v, %d bytes left, %v, want %+v, %d", c.in, got, len(rest), err, c.want, c.rest)
		}
	}
}

func FuzzDecoder(f *testing.F) {
	for _, seed := range []string{"92 92 d7006b026ce92a890614 80 81a16101", "92 05 df 00000001 a161 c0", "dd ffffffff",
		"92 92 d700ffffffff00000000 80 81a16102 92 05 80", "c1"} {
		f.Add(unhex(f, seed))
	}
	f.Fuzz(func(t *testing.T, chunk []byte) {
		sameByHeads(t, chunk)
		d := record.NewDecoder(chunk)
		for {
			before := d.Offset()
			ev, err := d.Next()
			var invalid *record.InvalidError
			if err != nil && !errors.As(err, &invalid) {
				if err == io.EOF && d.Offset() != len(chunk) {
					t.Fatalf("io.EOF at byte %d of %d", d.Offset(), len(chunk))
				}
				return
			}
			if d.Offset() <= before {
				t.Fatalf("Next stays at byte %d", before)
			}
			if err == nil {
				if n, err := record.Skip(ev.Body); err != nil || n != len(ev.Body) {
					t.Fatalf("body %x is not one object: %d, %v", ev.Body, n, err)
				}
			}
		}
	})
}
