package differential

import "math"

// Broken is a record that Fluent Bit's decoder (src/flb_log_event_decoder.c) refuses or misreads. It stands
// between a record "before" and a record "after"; C and Ours say which of the three, "before bad after",
// each output writes. What we do not write goes to quarantine.
//
// The C output ends the chunk at the first record that it cannot decode: what stands behind it is lost.
// We go on where the record's end is known.
type Broken struct {
	Name    string
	C, Ours string
	bytes   func(*packer)
}

// BrokenRecords are the differences on purpose in what is written at all.
var BrokenRecords = []Broken{
	{"body is a string", "before", "before bad after", body(func(p *packer) { p.str("bad", 0) })},
	{"body is an array", "before", "before bad after", body(func(p *packer) { p.array(1, 0); p.str("bad", 0) })},
	{"metadata is null", "before", "before after", event(goodTime, func(p *packer) { p.null() })},
	{"three elements", "before", "before after", func(p *packer) { p.array(3, 0); p.null(); p.null(); p.null() }},
	{"a map alone", "before", "before after", func(p *packer) { identified(p, "bad") }},
	{"time is a float32", "before", "before bad after", at(func(p *packer) { p.float32(1.7e9) })},
	{"time is a negative integer", "before", "before bad after", at(func(p *packer) { p.int(-1, 0) })},
	{"time is a negative float", "before after", "before bad after", at(func(p *packer) { p.float64(-5.5) })},
	{"time is -1.0, which C takes for a group's start", "before bad after", "before bad after",
		at(func(p *packer) { p.float64(-1) })},
	{"time has a billion nanoseconds", "before", "before bad after",
		at(func(p *packer) { p.eventTime(1_700_000_000, 1e9) })},
	{"time is another extension", "before", "before after", at(func(p *packer) { p.ext(1, make([]byte, 8), 0) })},
	{"a group's start with nanoseconds", "before", "before after",
		at(func(p *packer) { p.eventTime(math.MaxUint32, 1) })},
	{"200 arrays within each other", "before", "before bad after", body(func(p *packer) {
		p.object(1, 0)
		p.str("bad", 0)
		nest(p, 200)
	})},
	{"1000 arrays within each other", "before", "before after", body(func(p *packer) {
		p.object(1, 0)
		p.str("bad", 0)
		nest(p, 1000)
	})},
	{"zeros, as a file that was cut leaves", "before", "before after", func(p *packer) { p.raw(make([]byte, 20)...) }},
	{"a byte that is no msgpack", "before", "before", func(p *packer) { p.raw(0xc1) }},
}

func goodTime(p *packer)   { p.eventTime(1_700_000_000, 0) }
func noMetadata(p *packer) { p.object(0, 0) }
func badBody(p *packer)    { identified(p, "bad") }

// identified is a body with an id.
func identified(p *packer, id string) {
	p.object(1, 0)
	p.str("id", 0)
	p.str(id, 0)
}

func event(parts ...func(*packer)) func(*packer) {
	parts = append(parts, badBody)[:3:3]
	return func(p *packer) {
		p.array(2, 0)
		p.array(2, 0)
		for _, part := range parts {
			part(p)
		}
	}
}

func at(time func(*packer)) func(*packer)   { return event(time, noMetadata) }
func body(body func(*packer)) func(*packer) { return event(goodTime, noMetadata, body) }

// stream is the record between two good ones, under its own tag.
func (b Broken) stream(tag string) stream {
	s := stream{tag: tag}
	for _, part := range []func(*packer){
		event(goodTime, noMetadata, func(p *packer) { identified(p, "before") }),
		b.bytes,
		event(goodTime, noMetadata, func(p *packer) { identified(p, "after") }),
	} {
		p := packer{}
		part(&p)
		s.packed = append(s.packed, Record{Bytes: p.bytes})
	}
	s.packed[0].Lines = 1 // Fluent Bit answers one record at least
	return s
}
