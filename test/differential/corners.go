package differential

import (
	"math"
	"strings"
)

// Corners are records made by hand.
func Corners() []Record {
	var records []Record
	for _, body := range corners {
		p := packer{}
		p.array(2, 0)
		p.array(2, 0)
		p.eventTime(1_732_000_000, 123_456_789)
		p.object(0, 0)
		body(&p)
		records = append(records, Record{Bytes: p.bytes, Features: p.features, Lines: 1})
	}
	for _, at := range times {
		p := packer{}
		p.array(2, 0)
		at(&p)
		p.object(1, 0)
		p.str("time", 0)
		p.null()
		records = append(records, Record{Bytes: p.bytes, Features: p.features, Lines: 1})
	}
	return append(records, groups()...)
}

var corners = []func(*packer){
	func(p *packer) { p.object(0, 0) },
	func(p *packer) { p.object(0, 2) },
	func(p *packer) { p.object(0, 4) },
	func(p *packer) { twice(p, "k", "k") },
	func(p *packer) { twice(p, "date", "date") },
	func(p *packer) { twice(p, "date", "other") },
	func(p *packer) { twice(p, "__internal__", "x") },
	func(p *packer) { twice(p, "", "") },
	// bin keys are never doubles
	func(p *packer) { p.object(2, 0); p.bin("k", 0); p.uint(1, 0); p.bin("k", 0); p.uint(2, 0) },
	func(p *packer) { p.object(2, 0); p.bin("k", 0); p.uint(1, 0); p.str("k", 0); p.uint(2, 0) },
	func(p *packer) { p.object(1, 0); p.str("nested", 0); twice(p, "k", "k") },
	func(p *packer) { p.object(1, 0); p.bin("date", 0); p.uint(1, 0) },
	func(p *packer) { p.object(1, 0); p.str("", 0); p.str("", 0) },
	func(p *packer) { one(p); p.uint(math.MaxUint64, 0) },
	func(p *packer) { one(p); p.int(math.MinInt64, 0) },
	func(p *packer) { one(p); p.int(math.MaxInt64, 8) },
	func(p *packer) { one(p); p.int(5, 1) },
	func(p *packer) { one(p); p.float32(0.1) },
	func(p *packer) { one(p); p.float32(16777216) },
	func(p *packer) { one(p); p.float64(math.Copysign(0, -1)) },
	func(p *packer) { one(p); p.float64(1e300) },
	func(p *packer) { one(p); p.float64(-9223372036854775808) },
	func(p *packer) { one(p); p.float64(9223372036854775808) },
	func(p *packer) { one(p); p.float64(math.SmallestNonzeroFloat64) },
	func(p *packer) { one(p); p.float64(123456789.123456789) },
	func(p *packer) { one(p); p.float64(1e15 + 0.5) },
	func(p *packer) { one(p); p.float64(1e-5) },
	func(p *packer) { one(p); p.float64(0.0001) },
	func(p *packer) { one(p); p.float64(math.NaN()) },
	func(p *packer) { one(p); p.float32(float32(math.Inf(-1))) },
	func(p *packer) { one(p); p.str(strings.Repeat("x", 65536), 4) },
	func(p *packer) { one(p); p.str(strings.Repeat("é", 40000), 4) },
	func(p *packer) { one(p); p.str(strings.Repeat("\x00", 300), 2) },
	func(p *packer) { one(p); p.str("plain \x7f in a block of its own", 0) },
	func(p *packer) { one(p); p.str("0123456789abcde\x7f0123456789abcdef", 0) },
	func(p *packer) { one(p); p.str("é234567890123\x7f", 0) },
	func(p *packer) { one(p); p.str("ends within a sequence \xe2\x82", 0) },
	func(p *packer) { one(p); p.str("\xf0\x9f\x98\x80 \U0001F600 ok", 0) },
	func(p *packer) { one(p); p.str("overlong \xc0\x80 \xe0\x80\xaf \xf0\x80\x80\xaf.", 0) },
	func(p *packer) {
		one(p)
		p.str("surrogates \xed\xa0\x80\xed\xb0\x80 above \xf4\x90\x80\x80 five \xf8\x88\x80\x80\x80 six "+
			"\xfc\x84\x80\x80\x80\x80.", 0)
	},
	func(p *packer) { one(p); p.bin("\x00\x01\xff\xfe bytes", 0) },
	func(p *packer) { one(p); p.ext(5, []byte{0, 0x7f, 0x80, 0xff}, 0) },
	func(p *packer) { one(p); p.ext(0, nil, 0) },
	func(p *packer) { p.object(1, 0); p.features |= OddKey; p.uint(1, 0); p.null() },
	func(p *packer) {
		p.object(2, 0)
		p.features |= OddKey
		p.uint(1, 0)
		p.null()
		p.uint(1, 0)
		p.null()
	},
	func(p *packer) { p.object(1, 0); p.features |= OddKey; twice(p, "a", "b"); p.null() },
	func(p *packer) {
		p.object(1, 0)
		p.features |= OddKey
		p.array(2, 0)
		p.str("a", 0)
		p.null()
		p.null()
	},
	func(p *packer) {
		one(p)
		p.array(20, 4)
		for range 20 {
			p.null()
		}
	},
	func(p *packer) { one(p); p.array(0, 0) },
	func(p *packer) { one(p); nest(p, 24) },
	func(p *packer) { wide(p, 300, 2) },
	func(p *packer) { wide(p, 70000, 4) },
}

// one opens a map with one pair and writes its key.
func one(p *packer) { p.object(1, 0); p.str("v", 0) }

// twice is a map of two pairs.
func twice(p *packer, a, b string) {
	p.object(2, 0)
	p.str(a, 0)
	p.uint(1, 0)
	p.str(b, 0)
	p.uint(2, 0)
}

// nest is arrays within arrays.
func nest(p *packer, depth int) {
	for range depth {
		p.array(1, 0)
	}
	p.null()
}

// wide is a value with many elements; as an array, for a map's doubles are searched by the square.
func wide(p *packer, n, width int) {
	one(p)
	p.array(n, width)
	for i := range n {
		p.uint(uint64(i), 0)
	}
}

var times = []func(*packer){
	func(p *packer) { p.uint(0, 0) },
	func(p *packer) { p.uint(1, 0) },
	func(p *packer) { p.uint(math.MaxUint32, 4) },  // as a number it is not a marker
	func(p *packer) { p.uint(253_402_300_800, 8) }, // the year 10000
	func(p *packer) { p.eventTime(math.MaxUint32-2, 0) },
	func(p *packer) { p.eventTime(0, 0) },
	func(p *packer) { p.eventTime(1_700_000_000, 999) }, // below a microsecond
	func(p *packer) { p.eventTime(1_700_000_000, 999_999_999) },
	func(p *packer) { p.float64(1_700_000_000.5) },
	func(p *packer) { p.float64(1_700_000_000.123456789) },
	func(p *packer) { p.float64(0.000001) },
	func(p *packer) { p.int(1_700_000_000, 8) }, // a signed form of a positive number
}

// groups are markers in unusual places.
func groups() []Record {
	g := &generator{}
	empty := func() { g.p.object(0, 0); g.p.object(0, 0) }
	full := func() { twice(&g.p, "schema", "resource_id"); twice(&g.p, "a", "b") }
	start := func(content func()) Record { return g.marker(math.MaxUint32, content) }
	end := g.marker(math.MaxUint32-1, empty)
	plain, described := inGroup(false), inGroup(true)
	return []Record{
		start(full), plain, described, end, plain,
		start(empty), plain, described, end,
		end, plain,
		start(full), start(empty), described, plain, end,
		start(full), plain, start(full), plain, end, plain,
	}
}

func inGroup(metadata bool) Record {
	p := packer{}
	p.array(2, 0)
	p.array(2, 0)
	p.eventTime(1_700_000_000, 1)
	if metadata {
		twice(&p, "severity", "trace")
	} else {
		p.object(0, 0)
	}
	one(&p)
	p.str("in a group?", 0)
	return Record{Bytes: p.bytes, Lines: 1}
}
