package encode

import (
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/s2"
)

// Compression is a codec for whole objects.
type Compression uint8

// The codecs. Snappy is the framed stream format
// (https://github.com/google/snappy/blob/main/framing_format.txt): the C plugin
// writes a bare block for each part, which nobody can read once an object has
// two of them.
const (
	None Compression = iota
	Gzip
	Zstd
	Snappy
)

var compressionNames = [...]string{"none", "gzip", "zstd", "snappy"}

// MarshalText returns the name that compression has as a property.
func (c Compression) MarshalText() ([]byte, error) { return []byte(compressionNames[c]), nil }

// UnmarshalText takes that name.
func (c *Compression) UnmarshalText(text []byte) error {
	i := slices.Index(compressionNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("compression %q is not known", text)
	}
	*c = Compression(i)
	return nil
}

// ContentEncoding returns the value of the Content-Encoding header, "" for None.
func (c Compression) ContentEncoding() string {
	if c == None {
		return ""
	}
	return compressionNames[c]
}

// DefaultLevel returns the level that is used when none is asked for, on the
// codec's own scale; 0 for codecs without levels.
func (c Compression) DefaultLevel() int {
	switch c {
	case Gzip:
		return 5
	case Zstd:
		return 1
	}
	return 0
}

// Cores are those that a Writer may have compress for it besides its caller's. They
// are safe for concurrent use.
type Cores interface {
	TryAcquire() bool // takes one, if there is one
	Release()         // gives it back
}

// sink is a compressor.
type sink interface {
	io.WriteCloser
	Reset(dst io.Writer) // begins anew
	buffered() int       // bytes of text that nothing was written of, but for some kilobytes
}

func compressor(dst io.Writer, c Compression, level int, cores Cores) (sink, error) {
	if level == 0 {
		level = c.DefaultLevel()
	}
	switch c {
	case Gzip:
		return newGzipSink(dst, level, cores)
	case Zstd:
		return newZstdSink(dst, level)
	case Snappy:
		return snappySink{s2.NewWriter(dst, s2.WriterSnappyCompat(), s2.WriterConcurrency(1))}, nil
	default:
		return &plainWriter{dst}, nil
	}
}

// plainWriter compresses nothing.
type plainWriter struct{ io.Writer }

func (*plainWriter) Close() error { return nil }

func (w *plainWriter) Reset(dst io.Writer) { w.Writer = dst }

func (*plainWriter) buffered() int { return 0 }

type snappySink struct{ *s2.Writer }

func (snappySink) buffered() int { return 0 }
