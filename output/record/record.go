// Package record reads what Fluent Bit hands to an output: a sequence of
// msgpack log events without an envelope.
//
// A Decoder walks a chunk without copying it: an Event's Body, Metadata and
// Attributes are views of the chunk, still in msgpack.
//
//	d := record.NewDecoder(chunk)
//	for {
//		ev, err := d.Next()
//		if err == io.EOF {
//			break
//		}
//		var bad *record.InvalidError
//		if errors.As(err, &bad) {
//			… // one object that is not a log event; the next call goes on behind it
//			continue
//		}
//		…
//	}
package record

import (
	"fmt"
	"io"
	"math"
)

// Time is an event's time as Fluent Bit keeps it: seconds since 1970-01-01 UTC
// and nanoseconds in [0, 1e9).
type Time struct {
	Sec  int64
	Nsec int64
}

// Event is one log record. The slices are msgpack objects inside the chunk;
// they are valid as long as the chunk is, and a nil slice means absent.
type Event struct {
	Time Time
	// Metadata is the record's metadata map (v2 events), nil for v1 events.
	Metadata []byte
	// Attributes is the body of the group that the event belongs to (resource
	// and scope of OpenTelemetry), nil outside of a group.
	Attributes []byte
	// Body is the record itself, nearly always a map.
	Body []byte
}

// InvalidError is about a well-formed msgpack object that is not a log event. The Decoder is
// behind that object and can go on.
type InvalidError struct {
	Offset int // of the object in the chunk, bytes
	Reason string
}

func (e *InvalidError) Error() string {
	return fmt.Sprintf("object at byte %d is not a log event: %s", e.Offset, e.Reason)
}

// Decoder reads the events of one chunk in order. It must not be used by
// several goroutines at once. The zero value reads an empty chunk.
type Decoder struct {
	chunk []byte
	off   int // of the next object
	start int // of the last event
	body  int // of the event that NextHeader returned
	end   int // of that event, 0 if unknown
	// The marker that opened the group, and its attributes; nil outside of one.
	group, attributes []byte
}

// NewDecoder returns a Decoder at the first event of chunk, which it neither
// copies nor changes.
func NewDecoder(chunk []byte) *Decoder { return &Decoder{chunk: chunk} }

// Offset returns how many bytes of the chunk have been read: the start of the next object.
func (d *Decoder) Offset() int { return d.off }

// Start returns where the last event begins in the chunk.
func (d *Decoder) Start() int { return d.start }

// Group returns the marker that opened the group of the last event, one msgpack object, nil
// outside of a group.
func (d *Decoder) Group() []byte { return d.group }

// GroupEnd is the marker that ends a group, one msgpack object.
const GroupEnd = "\x92\x92\xd7\x00\xff\xff\xff\xfe\x00\x00\x00\x00\x80\x80"

// Markers of a group: the seconds of an EventTime with zero nanoseconds
// (Fluent Bit v5.1.1, src/flb_log_event_decoder.c:206). Every other value,
// 0xfffffffd included, is an ordinary unsigned time.
const (
	groupStart = math.MaxUint32
	groupEnd   = math.MaxUint32 - 1
)

// NextHeader returns the next event without looking for its end, for callers that parse the
// body themselves: Body may reach beyond its object, up to the end of the chunk, and may
// be invalid msgpack. The errors are those of Next. Before the next call, Advance or
// SkipBody must move behind the event.
func (d *Decoder) NextHeader() (Event, error) {
	if t, size, ok := usualHead(d.chunk[d.off:]); ok {
		d.start, d.body, d.end = d.off, d.off+size, 0
		return Event{
			Time:       t,
			Metadata:   d.chunk[d.off+12 : d.body : d.body],
			Attributes: d.attributes,
			Body:       d.chunk[d.body:],
		}, nil
	}
	ev, err := d.Next()
	if err == nil {
		d.body, d.end = d.off-len(ev.Body), d.off
	}
	return ev, err
}

// usualHead parses what nearly every event has before its body: an array of 2 with an array
// of 2 with an EventTime that is no group marker, and an empty map, which Fluent Bit writes
// as a map32.
func usualHead(b []byte) (t Time, size int, ok bool) {
	if len(b) < 17 || be32(b) != 0x9292d700 {
		return t, 0, false
	}
	switch {
	case be32(b[12:]) == 0xdf000000 && b[16] == 0:
		size = 17
	case b[12] == 0x80:
		size = 13
	default:
		return t, 0, false
	}
	sec, nsec := be32(b[4:]), be32(b[8:])
	return Time{Sec: int64(sec), Nsec: int64(nsec)}, size, sec < groupEnd && nsec < 1e9
}

// Advance moves behind the event that NextHeader returned, whose body has n bytes.
func (d *Decoder) Advance(n int) { d.off = d.body + n }

// SkipBody moves behind the event that NextHeader returned, whose body could not be used. The
// error is that of Next: the event is invalid msgpack, and nothing behind it can be read.
func (d *Decoder) SkipBody() error {
	if d.end > 0 {
		d.off = d.end
		return nil
	}
	_, err := d.object()
	return err
}

// Next returns the next event. Group markers are not returned: they set and clear
// Attributes. The error is io.EOF at the end, an *InvalidError for an object that is not a
// log event (the next call goes on behind it), and any other error if the rest of the chunk
// is invalid msgpack: Offset then returns where.
func (d *Decoder) Next() (Event, error) {
	for d.off < len(d.chunk) {
		start := d.off
		obj, err := d.object()
		if err != nil {
			return Event{}, err
		}
		ev, marker, reason := parseEvent(obj)
		switch {
		case reason != "":
			return Event{}, &InvalidError{Offset: start, Reason: reason}
		case marker == groupStart:
			d.group, d.attributes = obj, ev.Body
		case marker == groupEnd:
			d.group, d.attributes = nil, nil
		default:
			d.start = start
			ev.Attributes = d.attributes
			return ev, nil
		}
	}
	return Event{}, io.EOF
}

// object returns the next object, whole, and moves behind it.
func (d *Decoder) object() ([]byte, error) {
	start := d.off
	n, err := Skip(d.chunk[start:])
	if err != nil {
		return nil, fmt.Errorf("decode chunk at byte %d of %d: %w", start, len(d.chunk), err)
	}
	d.off += n
	return d.chunk[start:d.off], nil
}

// parseEvent parses [[time, metadata], body] (v2) or [time, body] (v1). obj is one whole
// object, so that no read below can run past its end. marker is the seconds of a group
// marker or 0.
func parseEvent(obj []byte) (ev Event, marker uint32, reason string) {
	root, rest := mustRead(obj)
	if root.Kind != Array || root.Len != 2 {
		return ev, 0, fmt.Sprintf("%s instead of an array of 2", root.describe())
	}
	head, inner := mustRead(rest)
	if head.Kind == Array {
		if head.Len != 2 {
			return ev, 0, fmt.Sprintf("its header is %s instead of an array of 2", head.describe())
		}
		rest = inner
	}
	ev.Time, marker, rest, reason = parseTime(rest)
	if reason != "" {
		return ev, 0, reason
	}
	if head.Kind == Array {
		ev.Metadata, rest = split(rest)
		if meta, _ := mustRead(ev.Metadata); meta.Kind != Map {
			return ev, 0, fmt.Sprintf("its metadata is %s instead of a map", meta.describe())
		}
	}
	ev.Body, _ = split(rest)
	return ev, marker, ""
}

// parseTime parses an EventTime (ext type 0 of 8 bytes), an integer or a float.
func parseTime(b []byte) (t Time, marker uint32, rest []byte, reason string) {
	tok, rest := mustRead(b)
	switch {
	case tok.Kind == Uint && tok.Bits <= math.MaxInt64:
		return Time{Sec: int64(tok.Bits)}, 0, rest, ""
	case tok.Kind == Int:
		return Time{Sec: int64(tok.Bits)}, 0, rest, ""
	case tok.Kind == Float:
		f := tok.Float()
		if math.IsNaN(f) || math.Abs(f) > math.MaxInt64/2 {
			return t, 0, rest, fmt.Sprintf("its time is the float %v", f)
		}
		sec := math.Floor(f)
		return Time{Sec: int64(sec), Nsec: min(int64((f-sec)*1e9), 1e9-1)}, 0, rest, ""
	case tok.Kind == Ext && tok.ExtType == 0 && tok.Len == 8:
		sec, nsec := be32(rest), be32(rest[4:])
		rest = rest[8:]
		if sec >= groupEnd {
			if nsec != 0 {
				return t, 0, rest, "a group marker with nanoseconds"
			}
			return t, sec, rest, ""
		}
		return Time{Sec: int64(sec) + int64(nsec/1e9), Nsec: int64(nsec % 1e9)}, 0, rest, ""
	}
	return t, 0, rest, fmt.Sprintf("its time is %s", tok.describe())
}

// split splits the first object off b, which is known to be whole.
func split(b []byte) (obj, rest []byte) {
	n, err := Skip(b)
	if err != nil {
		panic("record: a part of a whole object is not whole: " + err.Error())
	}
	return b[:n], b[n:]
}

// mustRead reads a token of an object that Skip has found whole.
func mustRead(b []byte) (Token, []byte) {
	tok, rest, err := Read(b)
	if err != nil {
		panic("record: a token of a whole object is not whole: " + err.Error())
	}
	return tok, rest
}
