package benchmarks

import (
	"bytes"
	"io"
	"testing"

	"github.com/tinylib/msgp/msgp"

	"sluice/output/encode"
	"sluice/output/encode/jsonl"
	"sluice/output/record"
	"sluice/test/testenv"
)

// orders is a chunk of 2 MB of a web shop's lines.
func orders(b *testing.B) []byte {
	var lines bytes.Buffer
	if err := testenv.Orders(0).Write(&lines, 0, 10_000); err != nil {
		b.Fatal(err)
	}
	return chunk(b, lines.Bytes())
}

// write encodes a chunk.
func write(b *testing.B, w encode.Encoder, data []byte) {
	for d := record.NewDecoder(data); ; {
		ev, err := d.NextHeader()
		if err == io.EOF {
			return
		}
		n := 0
		if err == nil {
			n, err = w.Write(ev)
		}
		if err != nil {
			b.Fatal(err)
		}
		d.Advance(n)
	}
}

// transcode makes JSON lines with a date of a chunk, as the output does.
func transcode(b *testing.B, to io.Writer, data []byte) {
	w, err := encode.New(to, encode.Options{Options: jsonl.Options{DateKey: "date", EscapeUnicode: true}}, nil)
	if err != nil {
		b.Fatal(err)
	}
	write(b, w, data)
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkSluice transcodes a chunk. Throughput is counted in bytes of msgpack.
func BenchmarkSluice(b *testing.B) {
	data := orders(b)
	w, err := encode.New(io.Discard, encode.Options{Options: jsonl.Options{DateKey: "date", EscapeUnicode: true}}, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		write(b, w, data)
	}
}

// BenchmarkTinylib transcodes the bodies of the same chunk, without dates and line ends, and without looking for
// duplicate keys.
func BenchmarkTinylib(b *testing.B) {
	data := orders(b)
	var bodies []byte
	for d := record.NewDecoder(data); ; {
		ev, err := d.Next()
		if err != nil {
			break
		}
		bodies = append(bodies, ev.Body...)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		var err error
		for rest := bodies; len(rest) > 0; {
			if rest, err = msgp.UnmarshalAsJSON(io.Discard, rest); err != nil {
				b.Fatal(err)
			}
		}
	}
}
