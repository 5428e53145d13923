package record_test

import (
	"fmt"
	"reflect"
	"testing"

	"sluice/output/record"
)

// FuzzFind compares Find with a reader that takes the record apart accessor by accessor.
func FuzzFind(f *testing.F) {
	for _, seed := range []string{"81a16101", "82a16181a16201a161c0", "81a16181a1629201a178", "dfffffffff", "81a161c1",
		"83a16105a16281a163cb3ff8000000000000a16181a162930102c3"} {
		f.Add(unhex(f, seed))
	}
	l := lookup(f, "$a,$a['b'],$a['b'][1],$a['b'][1]['a'],$b['a'],$b[0][0]")
	paths := [][]any{{"a"}, {"a", "b"}, {"a", "b", 1}, {"a", "b", 1, "a"}, {"b", "a"}, {"b", 0, 0}}
	f.Fuzz(func(t *testing.T, body []byte) {
		want, wantErr := record.Skip(body)
		values, n, err := l.Find(nil, body)
		if n != want || fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Fatalf("Find(%x) = %d, %v, Skip = %d, %v", body, n, err, want, wantErr)
		}
		if err != nil {
			return
		}
		for i, path := range paths {
			want := record.Value{}
			if place := follow(t, body, path); place != nil {
				want = read(place)
			}
			if !reflect.DeepEqual(values[i], want) {
				t.Fatalf("%v of %x = %+v, want %+v", path, body, values[i], want)
			}
		}
	})
}

// follow returns the bytes from the place on that path leads to, nil if there is none.
func follow(t *testing.T, b []byte, path []any) []byte {
	for _, s := range path {
		tok, rest, err := record.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		b = nil
		name, named := s.(string)
		for i := 0; i < tok.Len && (tok.Kind == record.Map && named || tok.Kind == record.Array && !named); i++ {
			matches := s == i
			if named {
				key, keyRest, _ := record.Read(rest)
				matches = key.Kind == record.Str && string(keyRest[:key.Len]) == name
				rest = after(rest)
			}
			if matches {
				b = rest
			}
			rest = after(rest)
		}
		if b == nil {
			return nil
		}
	}
	return b
}

func after(b []byte) []byte {
	n, _ := record.Skip(b)
	return b[n:]
}

func read(b []byte) record.Value {
	tok, rest, _ := record.Read(b)
	v := record.Value{Found: true, Kind: tok.Kind, Bits: tok.Bits}
	if tok.Kind == record.Str || tok.Kind == record.Bin {
		v.Bytes = rest[:tok.Len]
	}
	return v
}
