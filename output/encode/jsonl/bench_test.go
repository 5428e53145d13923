package jsonl_test

import (
	"fmt"
	"io"
	"testing"

	"sluice/output/encode"
	"sluice/output/encode/compress"
	"sluice/output/encode/jsonl"
	"sluice/output/record"
)

// chunk returns n records like those of a parsed access log, about 330 bytes each,
// as Fluent Bit packs them.
func chunk(n int) (b []byte) {
	for i := range n {
		b = append(b, 0x92, 0x92, 0xd7, 0, 0x6b, 2, 0x6c, 0xe9, 0x2a, 0x89, byte(i>>8), byte(i), 0xdf, 0, 0, 0, 0, 0xdf,
			0, 0, 0, 10)
		for _, pair := range [][2]string{
			{"remote_addr", fmt.Sprintf("203.0.113.%d", i%256)}, {"method", "GET"},
			{"path", fmt.Sprintf("/product/%d?ref=newsletter", i*7919%100000)},
			{"protocol", "HTTP/1.1"}, {"status", "200"}, {"bytes", fmt.Sprint(i * 31 % 50000)},
			{"referer", "https://shop.example.com/basket"},
			{"agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"}, {"request_id", fmt.Sprintf("req-%09d", i)},
			{"host", "web-17.eu-central-1.internal"},
		} {
			b = record.AppendStr(record.AppendStr(b, pair[0]), pair[1])
		}
	}
	return b
}

func benchmarkWriter(b *testing.B, o encode.Options) {
	data := chunk(5000)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		w, err := encode.New(io.Discard, o, nil)
		if err != nil {
			b.Fatal(err)
		}
		writeAll(b, w, data)
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// Throughput is counted in bytes of msgpack.
func BenchmarkJSON(b *testing.B) {
	benchmarkWriter(b, encode.Options{Options: jsonl.Options{DateKey: "date", EscapeUnicode: true}})
}

func BenchmarkJSONGzip(b *testing.B) {
	benchmarkWriter(b,
		encode.Options{Options: jsonl.Options{DateKey: "date", EscapeUnicode: true}, Compression: compress.Gzip})
}

func BenchmarkJSONZstd(b *testing.B) {
	benchmarkWriter(b,
		encode.Options{Options: jsonl.Options{DateKey: "date", EscapeUnicode: true}, Compression: compress.Zstd})
}

func BenchmarkJSONSnappy(b *testing.B) {
	benchmarkWriter(b,
		encode.Options{Options: jsonl.Options{DateKey: "date", EscapeUnicode: true}, Compression: compress.Snappy})
}

func BenchmarkDecoder(b *testing.B) {
	data := chunk(5000)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		d := record.NewDecoder(data)
		for {
			if _, err := d.Next(); err != nil {
				break
			}
		}
	}
}
