package sink

import (
	"bytes"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// framed opens snappy's framed format, which we write.
var framed = []byte("\xff\x06\x00\x00sNaPpY")

// decode writes an object's text.
func decode(codec string, parts []*part, to *lines) error {
	if codec == "none" {
		for _, p := range parts {
			p.text.tell(to)
		}
		return nil
	}
	if codec == "snappy" && len(parts) > 0 && !bytes.HasPrefix(parts[0].body, framed) {
		return decodeBlocks(parts, to)
	}
	r, err := decoder(codec, body(parts))
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(to, r)
	return err
}

func body(parts []*part) io.Reader {
	var all []io.Reader
	for _, p := range parts {
		all = append(all, bytes.NewReader(p.body))
	}
	return io.MultiReader(all...)
}

// decoder reads streams of any number of members.
func decoder(codec string, r io.Reader) (io.ReadCloser, error) {
	switch codec {
	case "gzip":
		return gzip.NewReader(r)
	case "zstd":
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	case "snappy":
		return io.NopCloser(snappy.NewReader(r)), nil
	}
	return nil, fmt.Errorf("no such codec: %q", codec)
}

// decodeBlocks reads what the built-in output makes of snappy: each part is a bare block (src/flb_snappy.c,
// flb_snappy_compress).
func decodeBlocks(parts []*part, to *lines) error {
	for _, p := range parts {
		text, err := snappy.Decode(nil, p.body)
		if err != nil {
			return err
		}
		_, _ = to.Write(text)
	}
	return nil
}
