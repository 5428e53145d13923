package testenv

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// snappyMagic opens the framed format; Fluent Bit's s3 output writes the raw block format
// (src/flb_snappy.c, flb_snappy_compress), so both are read here.
var snappyMagic = []byte("\xff\x06\x00\x00sNaPpY")

// decode undoes a Content-Encoding.
func decode(encoding string, body []byte) ([]byte, error) {
	switch encoding {
	case "":
		return body, nil
	case "gzip":
		r, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(r)
	case "zstd":
		r, err := zstd.NewReader(bytes.NewReader(body), zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return io.ReadAll(r)
	case "snappy":
		if bytes.HasPrefix(body, snappyMagic) {
			return io.ReadAll(snappy.NewReader(bytes.NewReader(body)))
		}
		return snappy.Decode(nil, body)
	}
	return nil, fmt.Errorf("unknown Content-Encoding %q", encoding)
}
