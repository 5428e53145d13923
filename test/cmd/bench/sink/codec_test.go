package sink

import (
	"bytes"
	"io"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// compress makes one member of a codec.
func compress(t *testing.T, codec string, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := map[string]func() io.WriteCloser{
		"none":   func() io.WriteCloser { return nopCloser{&b} },
		"gzip":   func() io.WriteCloser { return gzip.NewWriter(&b) },
		"snappy": func() io.WriteCloser { return snappy.NewBufferedWriter(&b) },
		"zstd": func() io.WriteCloser {
			w, err := zstd.NewWriter(&b)
			if err != nil {
				t.Fatal(err)
			}
			return w
		},
	}[codec]()
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// TestCodecs has an object of two members, whose parts end where they happen to, in the middle of lines.
func TestCodecs(t *testing.T) {
	text := orders(t, 0, 3000)
	half := len(text)/2 + 17
	for _, codec := range []string{"none", "gzip", "zstd", "snappy"} {
		t.Run(codec, func(t *testing.T) {
			s := start(t, codec)
			body := append(compress(t, codec, text[:half]), compress(t, codec, text[half:])...)
			cut := len(body) / 3
			inParts(t, s, "/b/k", body[:cut], body[cut:cut+1], body[cut+1:cut+30], body[cut+30:])
			want := Count{Requests: 6, Objects: 1, Stored: int64(len(body)), Records: 3000}
			if got := count(t, s, 3000, 1); got != want {
				t.Errorf("Count: got %+v, want %+v", got, want)
			}
		})
	}
}

// TestSnappyBlocks has each part be a block, as the built-in output makes them.
func TestSnappyBlocks(t *testing.T) {
	s := start(t, "snappy")
	text := orders(t, 0, 100)
	inParts(t, s, "/b/k", snappy.Encode(nil, text[:5000]), snappy.Encode(nil, text[5000:]))
	if got := count(t, s, 100, 1); got.Records != 100 || got.Missing > 0 {
		t.Errorf("Count: got %+v, want 100 records", got)
	}
}

func TestBrokenObjectsAreErrors(t *testing.T) {
	for _, codec := range []string{"gzip", "zstd", "snappy"} {
		s := start(t, codec)
		body := compress(t, codec, orders(t, 0, 100))
		inParts(t, s, "/b/k", body[:len(body)-5])
		if c, err := s.Count(100, 1); err == nil {
			t.Errorf("Count of cut %s: got %+v and no error", codec, c)
		}
	}
}

// TestBodiesAreUsedAgain counts what comes after bodies were given back.
func TestBodiesAreUsedAgain(t *testing.T) {
	s := start(t, "gzip")
	for range 5 {
		s.Begin("gzip")
		inParts(t, s, "/b/k", compress(t, "gzip", orders(t, 0, 500)), compress(t, "gzip", orders(t, 500, 1000)))
		if got := count(t, s, 1000, 1); got.Missing > 0 || got.Records != 1000 {
			t.Fatalf("Count: got %+v, want 1000 records", got)
		}
	}
}
