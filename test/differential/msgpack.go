// Package differential compares our JSON with that of Fluent Bit's built-in s3 output, byte by byte, over
// records of every msgpack type.
package differential

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"strings"
)

// Feature is something in a record that the two outputs write differently on purpose, or could.
type Feature uint

const (
	NonFinite Feature = 1 << iota // NaN or an infinity
	Ext                           // an extension type
	OddKey                        // a map key that is neither str nor bin
	Delete                        // a DEL, 0x7f, in a string
	Truncated                     // a string that ends within a UTF-8 sequence
	Inexact                       // a number that 16 digits do not tell from its neighbours
)

// Record is one msgpack event as it stands in a chunk.
type Record struct {
	Bytes    []byte
	Features Feature
	Lines    int // how many JSON lines come of it: 0 for a group's marker
}

// packer writes msgpack in a width of the caller's choice, and notes features. The specification is
// github.com/msgpack/msgpack/blob/master/spec.md.
type packer struct {
	bytes    []byte
	features Feature
}

func (p *packer) raw(b ...byte) { p.bytes = append(p.bytes, b...) }

func (p *packer) u16(code byte, n uint16) {
	p.bytes = binary.BigEndian.AppendUint16(append(p.bytes, code), n)
}

func (p *packer) u32(code byte, n uint32) {
	p.bytes = binary.BigEndian.AppendUint32(append(p.bytes, code), n)
}

func (p *packer) u64(code byte, n uint64) {
	p.bytes = binary.BigEndian.AppendUint64(append(p.bytes, code), n)
}

func (p *packer) null() { p.raw(0xc0) }

func (p *packer) boolean(b bool) {
	if b {
		p.raw(0xc3)
	} else {
		p.raw(0xc2)
	}
}

// uint writes n at least as wide as width bytes; 0 is the shortest form.
func (p *packer) uint(n uint64, width int) {
	switch {
	case width <= 0 && n < 0x80:
		p.raw(byte(n))
	case width <= 1 && n <= math.MaxUint8:
		p.raw(0xcc, byte(n))
	case width <= 2 && n <= math.MaxUint16:
		p.u16(0xcd, uint16(n))
	case width <= 4 && n <= math.MaxUint32:
		p.u32(0xce, uint32(n))
	default:
		p.u64(0xcf, n)
	}
}

// int is uint with the signed forms, which may hold positive numbers too.
func (p *packer) int(n int64, width int) {
	switch {
	case width <= 0 && n < 0 && n >= -32:
		p.raw(byte(n))
	case width <= 1 && n >= math.MinInt8 && n <= math.MaxInt8:
		p.raw(0xd0, byte(n))
	case width <= 2 && n >= math.MinInt16 && n <= math.MaxInt16:
		p.u16(0xd1, uint16(n))
	case width <= 4 && n >= math.MinInt32 && n <= math.MaxInt32:
		p.u32(0xd2, uint32(n))
	default:
		p.u64(0xd3, uint64(n))
	}
}

func (p *packer) float32(f float32) {
	p.number(float64(f))
	p.u32(0xca, math.Float32bits(f))
}

func (p *packer) float64(f float64) {
	p.number(f)
	p.u64(0xcb, math.Float64bits(f))
}

func (p *packer) number(f float64) {
	digits, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', 15, 64), "e")
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		p.features |= NonFinite
	case strings.TrimRight(digits, ".0")+"e"+exponent != strconv.FormatFloat(f, 'e', -1, 64):
		p.features |= Inexact
	}
}

func (p *packer) str(s string, width int) {
	switch n := len(s); {
	case width <= 0 && n < 32:
		p.raw(0xa0 | byte(n))
	case width <= 1 && n <= math.MaxUint8:
		p.raw(0xd9, byte(n))
	case width <= 2 && n <= math.MaxUint16:
		p.u16(0xda, uint16(n))
	default:
		p.u32(0xdb, uint32(n))
	}
	p.text(s)
}

func (p *packer) bin(s string, width int) {
	switch n := len(s); {
	case width <= 1 && n <= math.MaxUint8:
		p.raw(0xc4, byte(n))
	case width <= 2 && n <= math.MaxUint16:
		p.u16(0xc5, uint16(n))
	default:
		p.u32(0xc6, uint32(n))
	}
	p.text(s)
}

func (p *packer) text(s string) {
	if bytes.IndexByte([]byte(s), 0x7f) >= 0 {
		p.features |= Delete
	}
	if truncated(s) {
		p.features |= Truncated
	}
	p.bytes = append(p.bytes, s...)
}

func (p *packer) ext(kind int8, data []byte, width int) {
	p.features |= Ext
	n := len(data)
	switch fixed := map[int]byte{1: 0xd4, 2: 0xd5, 4: 0xd6, 8: 0xd7, 16: 0xd8}; {
	case width <= 0 && fixed[n] != 0:
		p.raw(fixed[n])
	case width <= 1 && n <= math.MaxUint8:
		p.raw(0xc7, byte(n))
	case width <= 2 && n <= math.MaxUint16:
		p.u16(0xc8, uint16(n))
	default:
		p.u32(0xc9, uint32(n))
	}
	p.raw(byte(kind))
	p.raw(data...)
}

func (p *packer) array(n, width int)  { p.header(0x90, 0xdc, 0xdd, n, width) }
func (p *packer) object(n, width int) { p.header(0x80, 0xde, 0xdf, n, width) }

func (p *packer) header(fix, code16, code32 byte, n, width int) {
	switch {
	case width <= 0 && n < 16:
		p.raw(fix | byte(n))
	case width <= 2 && n <= math.MaxUint16:
		p.u16(code16, uint16(n))
	default:
		p.u32(code32, uint32(n))
	}
}

// eventTime is the forward protocol's time: extension type 0 with seconds and nanoseconds.
func (p *packer) eventTime(seconds, nanoseconds uint32) {
	p.raw(0xd7, 0)
	p.bytes = binary.BigEndian.AppendUint32(p.bytes, seconds)
	p.bytes = binary.BigEndian.AppendUint32(p.bytes, nanoseconds)
}
