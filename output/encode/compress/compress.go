// Package compress compresses an object as one stream, the same bytes for the same text.
package compress

import (
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/s2"
)

// Codec is a value of the property compression.
type Codec uint8

// The codecs. Snappy is the framed stream format
// (https://github.com/google/snappy/blob/main/framing_format.txt): the C plugin writes a
// bare block for each part, and an object of two parts cannot be read.
const (
	None Codec = iota
	Gzip
	Zstd
	Snappy
)

var names = [...]string{"none", "gzip", "zstd", "snappy"}

// MarshalText returns the name that the codec has as a property.
func (c Codec) MarshalText() ([]byte, error) { return []byte(names[c]), nil }

// UnmarshalText parses that name.
func (c *Codec) UnmarshalText(text []byte) error {
	i := slices.Index(names[:], string(text))
	if i < 0 {
		return fmt.Errorf("unknown compression %q", text)
	}
	*c = Codec(i)
	return nil
}

// ContentEncoding returns the value of the Content-Encoding header, "" for None.
func (c Codec) ContentEncoding() string {
	if c == None {
		return ""
	}
	return names[c]
}

// DefaultLevel returns the level for when none is configured, on the codec's own scale, or 0
// for codecs without levels.
func (c Codec) DefaultLevel() int {
	switch c {
	case Gzip:
		return 5
	case Zstd:
		return 1
	}
	return 0
}

// Cores are those that a Writer may compress on, besides its caller's. They must be safe
// for concurrent use.
type Cores interface {
	TryAcquire() bool // takes a core if one is free
	Release()         // frees it
}

// Writer is a compressor. It must not be used by several goroutines at once.
type Writer interface {
	io.WriteCloser
	// Reset begins a new stream after Close.
	Reset(dst io.Writer)
	// Buffered returns how many bytes of text have not reached the destination, give or take
	// some kilobytes.
	Buffered() int
}

// New returns a compressor that writes to dst, which it never closes. level 0 is the codec's
// default; cores may be nil. The error is a level that the codec does not have.
func New(dst io.Writer, c Codec, level int, cores Cores) (Writer, error) {
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

// plainWriter does not compress.
type plainWriter struct{ io.Writer }

func (*plainWriter) Close() error { return nil }

func (w *plainWriter) Reset(dst io.Writer) { w.Writer = dst }

func (*plainWriter) Buffered() int { return 0 }

type snappySink struct{ *s2.Writer }

func (snappySink) Buffered() int { return 0 }
