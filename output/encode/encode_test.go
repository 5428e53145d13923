package encode_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"

	"sluice/output/encode"
	"sluice/output/encode/compress"
	"sluice/output/encode/jsonl"
	"sluice/output/record"
)

// encodeAll returns what an Encoder makes of a chunk.
func encodeAll(t *testing.T, chunk []byte, o encode.Options) string {
	t.Helper()
	var out bytes.Buffer
	w, err := encode.New(&out, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	for d := record.NewDecoder(chunk); ; {
		ev, err := d.Next()
		if err == io.EOF {
			break
		}
		if err == nil {
			_, err = w.Write(ev)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestCompression(t *testing.T) {
	chunk := bytes.Repeat([]byte("\x92\x05\x81\xa1a\xa5hello"), 20_000)
	plain := encodeAll(t, chunk, encode.Options{})
	for _, c := range []struct {
		codec compress.Codec
		read  func(io.Reader) (io.Reader, error)
	}{
		{compress.None, func(r io.Reader) (io.Reader, error) { return r, nil }},
		{compress.Gzip, func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
		{compress.Zstd, func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) }},
		{compress.Snappy, func(r io.Reader) (io.Reader, error) { return snappy.NewReader(r), nil }},
	} {
		first := encodeAll(t, chunk, encode.Options{Compression: c.codec})
		second := encodeAll(t, chunk, encode.Options{Compression: c.codec})
		if first != second {
			t.Errorf("%v: the same events gave different bytes", c.codec)
		}
		r, err := c.read(strings.NewReader(first))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || string(got) != plain {
			t.Errorf("%v: reading back: %v, %d bytes, want %d", c.codec, err, len(got), len(plain))
		}
		if c.codec != compress.None && len(first)*4 > len(plain) {
			t.Errorf("%v: %d bytes of %d plain", c.codec, len(first), len(plain))
		}
	}
}

// TestPool has Encoders used again for the same options only, and few of them kept.
func TestPool(t *testing.T) {
	var p encode.Pool
	get := func(o encode.Options) encode.Encoder {
		t.Helper()
		one, err := p.Get(io.Discard, o)
		if err != nil {
			t.Fatal(err)
		}
		return one
	}
	plain, zipped := encode.Options{}, encode.Options{Compression: compress.Gzip}
	first := get(plain)
	p.Put(first, plain)
	if get(zipped) == first || get(plain) != first || get(plain) == first {
		t.Error("an Encoder is not used again once for its options")
	}
	const kept = 8
	put := map[encode.Encoder]bool{}
	for range 2 * kept {
		put[get(plain)] = true
	}
	for one := range put {
		p.Put(one, plain)
	}
	again := 0
	for range 2 * kept {
		if put[get(plain)] {
			again++
		}
	}
	if again != kept {
		t.Errorf("%d Encoders were kept, want %d", again, kept)
	}
}

// TestEstimateSize estimates the size of a stream of which blocks are still buffered.
func TestEstimateSize(t *testing.T) {
	var out bytes.Buffer
	w, err := encode.New(&out, encode.Options{Options: jsonl.Options{LogKey: "m"}, Compression: compress.Gzip}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.EstimateSize(0); got != 0 {
		t.Errorf("EstimateSize of nothing = %d", got)
	}
	random := rand.New(rand.NewPCG(7, 8))
	var text []byte
	for len(text) < 64<<10 {
		text = fmt.Appendf(text, "%08x a line that is much like the others; ", random.Uint32())
	}
	body := record.AppendStr(record.AppendStr([]byte{0x81}, "m"), string(text))
	for range 7 << 18 / len(text) { // 1.75 blocks of gzip
		if _, err := w.Write(record.Event{Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	estimate := w.EstimateSize(int64(out.Len()))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if stored := int64(out.Len()); estimate < stored*98/100 || estimate > stored*102/100 {
		t.Errorf("EstimateSize = %d, and %d bytes were written", estimate, stored)
	}
}
