// Package jsonl encodes log events as JSON lines, or as the raw value of one key.
package jsonl

import (
	"fmt"
	"io"
	"slices"

	"sluice/output/encode/compress"
	"sluice/output/record"
)

// DateFormat is a value of json_date_format.
type DateFormat uint8

// The formats of the C plugin, all in UTC.
const (
	ISO8601          DateFormat = iota // "2026-08-05T09:30:00.123456Z"
	Double                             // 1785922200.123456
	Epoch                              // 1785922200
	EpochMillis                        // 1785922200123
	JavaSQLTimestamp                   // "2026-08-05 09:30:00.123456"
)

var dateFormatNames = [...]string{"iso8601", "double", "epoch", "epoch_ms", "java_sql_timestamp"}

// MarshalText returns the name that the format has as a property.
func (f DateFormat) MarshalText() ([]byte, error) { return []byte(dateFormatNames[f]), nil }

// UnmarshalText parses that name.
func (f *DateFormat) UnmarshalText(text []byte) error {
	i := slices.Index(dateFormatNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("unknown date format %q", text)
	}
	*f = DateFormat(i)
	return nil
}

// Options define the text of an event. The zero value writes a JSON object without a date
// key, non-ASCII as it is.
type Options struct {
	DateKey       string     `json:"date_key,omitempty"` // name of the time's member; "" leaves it out
	DateFormat    DateFormat `json:"date_format"`
	EscapeUnicode bool       `json:"escape_unicode"`    // write non-ASCII as \uxxxx
	LogKey        string     `json:"log_key,omitempty"` // if not "", only the value of this key is written, a line each
}

// Writer encodes events into one stream. It implements encode.Encoder.
type Writer struct {
	opts    Options
	dateKey []byte // in msgpack
	sink    compress.Writer
	buf     []byte
	json    transcoder
	time    timeWriter

	records, missing int64
	undated          int64
	text             int64 // bytes written to sink
}

// flushSize is how much text is gathered before it goes to the compressor.
const flushSize = 64 << 10

// maxIdleBuffer bounds the buffer that a closed Writer keeps.
const maxIdleBuffer = 1 << 20

// NewWriter returns a Writer that writes to sink.
func NewWriter(sink compress.Writer, opts Options) *Writer {
	return &Writer{
		opts:    opts,
		dateKey: name(opts.DateKey),
		sink:    sink,
		buf:     make([]byte, 0, 2*flushSize),
		json:    transcoder{escapeUnicode: opts.EscapeUnicode},
		time:    timeWriter{format: opts.DateFormat},
	}
}

// Reset makes a closed Writer begin a new stream.
func (w *Writer) Reset(dst io.Writer) {
	w.sink.Reset(dst)
	w.records, w.missing, w.undated, w.text = 0, 0, 0, 0
}

// Records returns how many events were written.
func (w *Writer) Records() int64 { return w.records }

// Missing returns how many events had no LogKey and were left out.
func (w *Writer) Missing() int64 { return w.missing }

// Undated returns how many events had a member with the name of DateKey, which has replaced
// their time.
func (w *Writer) Undated() int64 { return w.undated }

// EstimateSize returns how many bytes the events so far become, of which written have been
// written: it assumes that what the compressor buffers will shrink like the rest.
func (w *Writer) EstimateSize(written int64) int64 {
	if shrunk := w.text - int64(w.sink.Buffered()); shrunk > 0 {
		return int64(float64(written) / float64(shrunk) * float64(w.text))
	}
	return written
}

// Write encodes one event and returns the length of its body. After record.ErrTooDeep and
// the errors of record.Read nothing of the event is written, and the Writer can be used
// further. Any other error is the destination's.
func (w *Writer) Write(ev record.Event) (n int, err error) {
	before := len(w.buf)
	w.json.begin()
	written, rest, err := w.encode(ev)
	if err != nil {
		w.buf = w.buf[:before]
		return 0, fmt.Errorf("encode record: %w", err)
	}
	n = len(ev.Body) - len(rest)
	if !written {
		w.missing++
		return n, nil
	}
	w.records++
	w.buf = append(w.buf, '\n')
	if len(w.buf) < flushSize {
		return n, nil
	}
	return n, w.flush()
}

// Close writes the rest and ends the compressed stream.
func (w *Writer) Close() error {
	err := w.flush()
	if cap(w.buf) > maxIdleBuffer { // a very long line
		w.buf = nil
	}
	if err != nil {
		return err
	}
	return w.sink.Close()
}

func (w *Writer) flush() error {
	w.text += int64(len(w.buf))
	_, err := w.sink.Write(w.buf)
	w.buf = w.buf[:0]
	return err
}

func (w *Writer) encode(ev record.Event) (written bool, rest []byte, err error) {
	if w.opts.LogKey != "" {
		return w.logKey(ev.Body)
	}
	rest, err = w.line(ev)
	return true, rest, err
}

// line appends an event as a JSON object: the date, the attributes of its group and its
// metadata as __internal__, and the members of the body (flb_pack.c,
// flb_pack_msgpack_to_json_format). A body that is not a map is put under "log".
func (w *Writer) line(ev record.Event) (rest []byte, err error) {
	m := w.json.open(w.buf, lineRoot)
	if w.opts.DateKey != "" {
		m.name(w.dateKey)
		m.out = append(w.time.append(m.out, ev.Time), ',')
	}
	if hasMembers(ev.Attributes) || hasMembers(ev.Metadata) {
		m.name(internalKey)
		if m.out, err = w.internal(m.out, ev); err != nil {
			return nil, err
		}
		m.out = append(m.out, ',')
	}
	tok, rest, err := record.Read(ev.Body)
	if err != nil {
		return nil, err
	}
	if tok.Kind == record.Map {
		rest, err = m.members(rest, tok.Len, 0)
	} else {
		m.name(logKey)
		m.out, rest, err = w.json.value(m.out, ev.Body, m.at, 0)
		m.out = append(m.out, ',')
	}
	w.buf = m.close()
	if err == nil && w.json.lostFirst && w.opts.DateKey != "" {
		w.undated++
	}
	return rest, err
}

var internalKey, logKey = name("__internal__"), name("log")

// name returns a member's name in msgpack, with the room behind it that keys.usual needs.
func name(s string) []byte {
	b := record.AppendStr(make([]byte, 0, 16+len(s)), s)
	return b[:max(len(b), 16)]
}

// internal appends the attributes and metadata of an event. Metadata is written even if
// empty, as in the C plugin, where every event has some.
func (w *Writer) internal(dst []byte, ev record.Event) (_ []byte, err error) {
	dst = append(dst, '{')
	if ev.Attributes != nil {
		dst = append(dst, `"group_attributes":`...)
		if dst, _, err = w.json.value(dst, ev.Attributes, attributesRoot, 0); err != nil {
			return dst, err
		}
		dst = append(dst, ',')
	}
	dst = append(dst, `"log_metadata":`...)
	metadata := ev.Metadata
	if metadata == nil {
		metadata = []byte(emptyMap)
	}
	dst, _, err = w.json.value(dst, metadata, metadataRoot, 0)
	return append(dst, '}'), err
}

// Empty maps; Fluent Bit writes the longer form.
const emptyMap, emptyMap32 = "\x80", "\xdf\x00\x00\x00\x00"

// hasMembers reports whether b is a map that is not empty.
func hasMembers(b []byte) bool {
	if len(b) == 0 || string(b) == emptyMap || string(b) == emptyMap32 {
		return false
	}
	tok, _, err := record.Read(b)
	return err == nil && tok.Kind == record.Map && tok.Len > 0
}

// logKey appends the value of LogKey: text as it is, anything else as JSON. Of duplicates
// the first one is used (s3.c, flb_pack_msgpack_extract_log_key).
func (w *Writer) logKey(body []byte) (found bool, rest []byte, err error) {
	tok, rest, err := record.Read(body)
	if err != nil {
		return false, nil, err
	}
	if tok.Kind != record.Map {
		rest, err = skip(body)
		return false, rest, err
	}
	for range tok.Len {
		name, value, err := textOrSkip(rest)
		if err != nil {
			return false, nil, err
		}
		if found || name == nil || string(name) != w.opts.LogKey {
			rest, err = skip(value)
		} else {
			found = true
			rest, err = w.rawValue(value)
		}
		if err != nil {
			return false, nil, err
		}
	}
	return found, rest, nil
}

// rawValue appends text as it is, anything else as JSON.
func (w *Writer) rawValue(b []byte) (rest []byte, err error) {
	tok, payload, err := record.Read(b)
	if err != nil {
		return nil, err
	}
	if tok.Kind == record.Str || tok.Kind == record.Bin {
		w.buf = append(w.buf, payload[:tok.Len]...)
		return payload[tok.Len:], nil
	}
	w.buf, rest, err = w.json.value(w.buf, b, lineRoot, 0)
	return rest, err
}

// textOrSkip returns the payload of a str or bin, or nil for anything else, and what is
// behind the object.
func textOrSkip(b []byte) (text, rest []byte, err error) {
	tok, rest, err := record.Read(b)
	if err != nil {
		return nil, nil, err
	}
	if tok.Kind == record.Str || tok.Kind == record.Bin {
		return rest[:tok.Len:tok.Len], rest[tok.Len:], nil
	}
	rest, err = skip(b)
	return nil, rest, err
}
