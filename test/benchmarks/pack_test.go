package benchmarks

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"
)

// pack makes msgpack of JSON as Fluent Bit's JSON parser does: in order, duplicate keys included.
func pack(t testing.TB, text string) []byte {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	b, err := packNext(d, nil)
	if err != nil && !errors.Is(err, io.EOF) {
		t.Fatalf("pack %s: %v", text, err)
	}
	return b
}

func packNext(d *json.Decoder, dst []byte) ([]byte, error) {
	tok, err := d.Token()
	if err != nil {
		return dst, err
	}
	switch v := tok.(type) {
	case nil:
		return msgp.AppendNil(dst), nil
	case bool:
		return msgp.AppendBool(dst, v), nil
	case string:
		return msgp.AppendString(dst, v), nil
	case json.Number:
		if n, err := v.Int64(); err == nil && n < 0 {
			return msgp.AppendInt64(dst, n), nil
		} else if err == nil {
			return msgp.AppendUint64(dst, uint64(n)), nil
		}
		f, err := v.Float64()
		return msgp.AppendFloat64(dst, f), err
	}
	var inner []byte
	n := uint32(0)
	for ; d.More(); n++ {
		if inner, err = packNext(d, inner); err != nil {
			return dst, err
		}
	}
	if _, err := d.Token(); err != nil {
		return dst, err
	}
	if tok == json.Delim('{') {
		return append(msgp.AppendMapHeader(dst, n/2), inner...), nil
	}
	return append(msgp.AppendArrayHeader(dst, n), inner...), nil
}

// chunk returns log events as Fluent Bit hands them over: one for each JSON line.
func chunk(t testing.TB, lines []byte) (b []byte) {
	at := byte(0)
	for line := range bytes.Lines(lines) {
		at++
		b = append(b, 0x92, 0x92, 0xd7, 0, 0x6b, 2, 0x6c, 0xe9, 0x2a, 0x89, at, at, 0xdf, 0, 0, 0, 0)
		body := pack(t, string(line))
		b = append(append(b, 0xdf, 0, 0, 0, body[0]&0x0f), body[1:]...) // a map of less than 16
	}
	return b
}
