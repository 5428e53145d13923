// Package encode turns log events into the bytes of an object: a format, compressed as one
// stream.
//
//	w, err := encode.New(file, encode.Options{Format: encode.JSONLines, Compression: compress.Gzip}, nil)
//	…
//	err = w.Write(event)
//	…
//	err = w.Close()
//
// The same events always give the same bytes: shipping a segment again writes the object
// that was written before.
package encode

import (
	"fmt"
	"io"
	"slices"

	"sluice/output/encode/compress"
	"sluice/output/encode/jsonl"
	"sluice/output/record"
)

// Encoder encodes events into one stream. It must not be used by several goroutines at
// once.
type Encoder interface {
	// Write encodes one event, as Decoder.NextHeader or Decoder.Next returns it, and returns
	// the length of its body. The body is checked as it is read: after record.ErrTooDeep and
	// the errors of record.Read nothing of the event is written, and the Encoder can be used
	// further. Any other error is the destination's.
	Write(ev record.Event) (n int, err error)
	// Close writes the rest and ends the stream. It does not close the destination.
	Close() error
	// Reset makes a closed Encoder begin a new stream.
	Reset(dst io.Writer)
	// EstimateSize returns how many bytes the stream will have if it ends with the events so
	// far, of which written bytes have reached the destination.
	EstimateSize(written int64) int64

	Records() int64 // events written
	Missing() int64 // events without LogKey, which were left out
	Undated() int64 // events with a member named DateKey, which has replaced their time
}

// Format is a value of the property format.
type Format uint8

// The formats.
const (
	JSONLines Format = iota
)

var formatNames = [...]string{"json_lines"}

// formats has a constructor for each format: a new format is a package and a row.
var formats = [...]func(sink compress.Writer, o Options) Encoder{
	JSONLines: func(sink compress.Writer, o Options) Encoder { return jsonl.NewWriter(sink, o.Options) },
}

// MarshalText returns the name that the format has as a property.
func (f Format) MarshalText() ([]byte, error) { return []byte(formatNames[f]), nil }

// UnmarshalText parses that name.
func (f *Format) UnmarshalText(text []byte) error {
	i := slices.Index(formatNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("unknown format %q", text)
	}
	*f = Format(i)
	return nil
}

// Options define how events become bytes. The zero value writes JSON lines without a date
// key, non-ASCII as it is, uncompressed.
type Options struct {
	Format Format `json:"format,omitempty"`
	jsonl.Options
	Compression compress.Codec `json:"compression"`
	Level       int            `json:"level,omitempty"` // on the codec's own scale; 0 is the default
}

// New returns an Encoder that writes to dst, which it never closes. cores, which may be nil,
// are those that it may use besides its caller's. The error is a compression level that the
// codec does not have.
func New(dst io.Writer, o Options, cores compress.Cores) (Encoder, error) {
	sink, err := compress.New(dst, o.Compression, o.Level, cores)
	if err != nil {
		return nil, fmt.Errorf("start compression: %w", err)
	}
	return formats[o.Format](sink, o), nil
}
