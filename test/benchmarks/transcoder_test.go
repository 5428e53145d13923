// Package benchmarks measures what encoding and shipping cost: the transcoder beside an independent one, which must
// write the
// same, and the way from a segment to S3 beside what the transcoder and the codec take alone.
package benchmarks

import (
	"bytes"
	"errors"
	"testing"

	"github.com/tinylib/msgp/msgp"

	"sluice/output/encode"
	"sluice/output/encode/jsonl"
	"sluice/output/record"
)

// ours returns what a Writer makes of a body, and what is behind it.
func ours(t testing.TB, body []byte, escapeUnicode bool) (text string, rest []byte, err error) {
	var out bytes.Buffer
	w, err := encode.New(&out, encode.Options{Options: jsonl.Options{EscapeUnicode: escapeUnicode}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	n, err := w.Write(record.Event{Body: body})
	if err != nil {
		return "", nil, err
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSuffix(out.Bytes(), []byte("\n"))), body[n:], nil
}

// FuzzAgainstTinylib wants the same JSON, the same end and the same refusals.
func FuzzAgainstTinylib(f *testing.F) {
	for _, seed := range [][]byte{
		pack(f, `{"a":1,"b":[true,null,-5,1.5,1e30],"c":{"d":"é\n","a":"x"},"a":"again"}`),
		{0x81, 0xa1, 'a', 0xd4, 5, 0xff}, {0x82, 0x01, 0xc0, 0x91, 0x02, 0xca, 0x7f, 0x80, 0, 0}, {0xa1, 'x'}, {0xc1},
		append([]byte{0xde, 0, 70}, bytes.Repeat([]byte{0xa1, 'k', 0x01}, 70)...),
		append([]byte{0xdc, 0, 9}, bytes.Repeat([]byte{0x82, 0xa1, 'k', 0x01, 0xa1, 'k', 0x02}, 9)...),
	} {
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, body []byte, escapeUnicode bool) {
		want, wantRest, wantErr := reference{escapeUnicode}.value(body, -1)
		if errors.Is(wantErr, errNotHere) {
			return
		}
		if wantErr == nil && msgp.NextType(body) != msgp.MapType {
			want = `{"log":` + want + `}`
		}
		got, rest, err := ours(t, body, escapeUnicode)
		if (err == nil) != (wantErr == nil) || err == nil && (got != want || len(rest) != len(wantRest)) {
			t.Errorf("%x becomes\n%s and %d bytes, %v, but tinylib and the rules say\n%s and %d bytes, %v", body, got,
				len(rest), err, want, len(wantRest), wantErr)
		}
	})
}
