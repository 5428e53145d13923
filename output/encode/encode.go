// Package encode turns log events into the bytes of an object: JSON lines or
// the raw value of one key, compressed as one stream.
//
//	w, err := encode.NewWriter(file, encode.Options{DateKey: "date", Compression: encode.Gzip})
//	…
//	err = w.Write(event)
//	…
//	err = w.Close()
//
// The same events give the same bytes, always: shipping a segment again writes
// the object that was written before.
package encode

import (
	"fmt"
	"io"
	"slices"
	"sync"

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

// UnmarshalText takes that name.
func (f *DateFormat) UnmarshalText(text []byte) error {
	i := slices.Index(dateFormatNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("date format %q is not known", text)
	}
	*f = DateFormat(i)
	return nil
}

// Options say how events become bytes. The zero value writes JSON lines
// without a date key, non-ASCII as it is, uncompressed.
type Options struct {
	DateKey       string      `json:"date_key,omitempty"` // name of the time's member; "" leaves it out
	DateFormat    DateFormat  `json:"date_format"`
	EscapeUnicode bool        `json:"escape_unicode"`    // write non-ASCII as \uxxxx
	LogKey        string      `json:"log_key,omitempty"` // if not "", only the value of this key is written, a line each
	Compression   Compression `json:"compression"`
	Level         int         `json:"level,omitempty"` // on the codec's own scale; 0 is the default
}

// Writer encodes events into one stream. It must not be used by several
// goroutines at once.
type Writer struct {
	opts    Options
	dateKey []byte // in msgpack
	sink    sink
	buf     []byte
	json    transcoder
	time    timeWriter

	records, missing int64
	undated          int64
	text             int64 // bytes that the sink was given
}

// flushSize is how much plain text is gathered before it goes to the
// compressor.
const flushSize = 64 << 10

// maxIdleBuffer is how large a buffer may be that is used again.
const maxIdleBuffer = 1 << 20

// NewWriter returns a Writer that writes to dst, which it never closes. The
// error tells of a compression level that the codec does not have.
func NewWriter(dst io.Writer, opts Options) (*Writer, error) { return newWriter(dst, opts, nil) }

func newWriter(dst io.Writer, opts Options, cores Cores) (*Writer, error) {
	sink, err := compressor(dst, opts.Compression, opts.Level, cores)
	if err != nil {
		return nil, fmt.Errorf("start compression: %w", err)
	}
	return &Writer{
		opts: opts, dateKey: name(opts.DateKey), sink: sink, buf: make([]byte, 0, 2*flushSize),
		json: transcoder{escapeUnicode: opts.EscapeUnicode}, time: timeWriter{format: opts.DateFormat},
	}, nil
}

// Writers makes Writers, of those that have ended if it can: a compressor has a
// megabyte and more of tables. It is safe for concurrent use.
type Writers struct {
	Cores Cores // what Writers may use; may be nil

	mu   sync.Mutex // guards idle
	idle []*Writer
}

// maxIdle is how many Writers are kept.
const maxIdle = 8

// Get is NewWriter.
func (w *Writers) Get(dst io.Writer, opts Options) (*Writer, error) {
	again := w.take(opts)
	if again == nil {
		return newWriter(dst, opts, w.Cores)
	}
	again.sink.Reset(dst)
	again.records, again.missing, again.undated, again.text = 0, 0, 0, 0
	return again, nil
}

// take returns the Writer with these options that was used last, nil if there is
// none.
func (w *Writers) take(opts Options) *Writer {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, one := range slices.Backward(w.idle) {
		if one.opts == opts {
			w.idle = slices.Delete(w.idle, i, i+1)
			return one
		}
	}
	return nil
}

// Put takes a Writer whose Close has succeeded. One that had to write a very long
// line is not kept.
func (w *Writers) Put(ended *Writer) {
	if cap(ended.buf) > maxIdleBuffer {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.idle) < maxIdle {
		w.idle = append(w.idle, ended)
	}
}

// Records returns how many events were written.
func (w *Writer) Records() int64 { return w.records }

// Missing returns how many events had no LogKey and were left out.
func (w *Writer) Missing() int64 { return w.missing }

// Undated returns how many events had a member with the name of DateKey, which has
// taken the place of their time.
func (w *Writer) Undated() int64 { return w.undated }

// EstimateSize returns how many bytes the events so far will have become, where written
// of them were written: what the compressor still holds is taken to shrink as the rest
// did.
func (w *Writer) EstimateSize(written int64) int64 {
	if shrunk := w.text - int64(w.sink.buffered()); shrunk > 0 {
		return int64(float64(written) / float64(shrunk) * float64(w.text))
	}
	return written
}

// Write encodes one event, as Decoder.Head or Decoder.Next returns it, and
// returns the length of its body. The body is checked as it is read: on
// ErrTooDeep and the errors of record.Read nothing of the event is written and
// the Writer can be used further. Any other error is the destination's.
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

// Close writes what is left and ends the compressed stream.
func (w *Writer) Close() error {
	if err := w.flush(); err != nil {
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

// line appends an event as a JSON object: the date, what belongs to group and
// record beside the body as __internal__, and the members of the body
// (flb_pack.c, flb_pack_msgpack_to_json_format). A body that is no map is put
// under "log".
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

// name returns a member's name in msgpack, with what keys.usual wants to be behind
// it.
func name(s string) []byte {
	b := record.AppendStr(make([]byte, 0, 16+len(s)), s)
	return b[:max(len(b), 16)]
}

// internal appends what is known about the record beside its body. Metadata is
// there even if empty, as in the C plugin, where every event has some.
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

// Empty maps, of which Fluent Bit writes the longer one.
const emptyMap, emptyMap32 = "\x80", "\xdf\x00\x00\x00\x00"

// hasMembers tells whether b is a map that is not empty.
func hasMembers(b []byte) bool {
	if len(b) == 0 || string(b) == emptyMap || string(b) == emptyMap32 {
		return false
	}
	tok, _, err := record.Read(b)
	return err == nil && tok.Kind == record.Map && tok.Len > 0
}

// logKey appends the value of LogKey: text as it is, anything else as JSON. Of
// duplicates the first one counts (s3.c, flb_pack_msgpack_extract_log_key).
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

// textOrSkip returns the payload of a str or bin, nil for anything else, and
// what is behind the object.
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
