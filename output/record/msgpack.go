package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Kind is a msgpack type, whatever its width.
type Kind uint8

// The families of https://github.com/msgpack/msgpack/blob/master/spec.md.
const (
	Nil Kind = iota
	Bool
	Uint  // positive, in Bits
	Int   // negative, in Bits as two's complement
	Float // float32 and float64, in Bits as float64
	Str
	Bin
	Array
	Map
	Ext
)

var kindNames = [...]string{"nil", "bool", "uint", "int", "float", "str", "bin", "array", "map", "ext"}

// String returns the name that the msgpack specification uses.
func (k Kind) String() string { return kindNames[k] }

// Token is the head of a msgpack object: all of a scalar, and kind and length of anything
// longer.
type Token struct {
	Kind    Kind
	ExtType int8   // of Ext
	Len     int    // bytes of Str, Bin, Ext; elements of Array; pairs of Map
	Bits    uint64 // value of Bool (0, 1), Uint, Int, Float
}

// Float returns the value of a Float token.
func (t Token) Float() float64 { return math.Float64frombits(t.Bits) }

func (t Token) describe() string {
	if t.Kind == Array || t.Kind == Map {
		return fmt.Sprintf("%s of %d", t.Kind, t.Len)
	}
	return t.Kind.String()
}

// Errors of Read and Skip. Nothing behind them can be read.
var (
	ErrTruncated = errors.New("msgpack ends inside an object")
	ErrReserved  = errors.New("byte 0xc1 is not msgpack")
)

// ErrTooDeep means that an encoder does not take a record because it is nested too deeply.
var ErrTooDeep = errors.New("record nested too deeply")

// layout describes the bytes behind a type byte of 0xc0 and above: width bytes hold a length
// (with an ext type behind it) or a value.
type layout struct {
	kind  Kind
	width uint8 // bytes of the length or the value
	fixed int16 // length when width is 0 (fixext)
}

// layouts of 0xc0 … 0xdf, in the order of the specification.
var layouts = [32]layout{
	0x00: {kind: Nil}, 0x01: {width: 0xff}, 0x02: {kind: Bool}, 0x03: {kind: Bool, fixed: 1},
	0x04: {kind: Bin, width: 1}, 0x05: {kind: Bin, width: 2}, 0x06: {kind: Bin, width: 4},
	0x07: {kind: Ext, width: 1}, 0x08: {kind: Ext, width: 2}, 0x09: {kind: Ext, width: 4},
	0x0a: {kind: Float, width: 4}, 0x0b: {kind: Float, width: 8},
	0x0c: {kind: Uint, width: 1}, 0x0d: {kind: Uint, width: 2}, 0x0e: {kind: Uint, width: 4},
	0x0f: {kind: Uint, width: 8},
	0x10: {kind: Int, width: 1}, 0x11: {kind: Int, width: 2}, 0x12: {kind: Int, width: 4}, 0x13: {kind: Int, width: 8},
	0x14: {kind: Ext, fixed: 1}, 0x15: {kind: Ext, fixed: 2}, 0x16: {kind: Ext, fixed: 4}, 0x17: {kind: Ext, fixed: 8},
	0x18: {kind: Ext, fixed: 16},
	0x19: {kind: Str, width: 1}, 0x1a: {kind: Str, width: 2}, 0x1b: {kind: Str, width: 4},
	0x1c: {kind: Array, width: 2}, 0x1d: {kind: Array, width: 4},
	0x1e: {kind: Map, width: 2}, 0x1f: {kind: Map, width: 4},
}

// Read parses the head of the first object of b. rest begins at the payload of Str, Bin and
// Ext, at the first element of Array and Map, and at the next object for all others. The
// payload of Str, Bin and Ext is known to be complete: rest[:t.Len] does not panic.
func Read(b []byte) (t Token, rest []byte, err error) {
	if len(b) == 0 {
		return t, nil, ErrTruncated
	}
	c := b[0]
	switch {
	case c < 0x80:
		return Token{Kind: Uint, Bits: uint64(c)}, b[1:], nil
	case c < 0x90:
		return Token{Kind: Map, Len: int(c & 0x0f)}, b[1:], nil
	case c < 0xa0:
		return Token{Kind: Array, Len: int(c & 0x0f)}, b[1:], nil
	case c < 0xc0:
		return payload(Token{Kind: Str, Len: int(c & 0x1f)}, b[1:])
	case c >= 0xe0:
		return Token{Kind: Int, Bits: uint64(int64(int8(c)))}, b[1:], nil
	case c == 0xcb && len(b) >= 9: // these, too, are frequent in logs
		return Token{Kind: Float, Bits: binary.BigEndian.Uint64(b[1:])}, b[9:], nil
	case c == 0xce && len(b) >= 5:
		return Token{Kind: Uint, Bits: uint64(be32(b[1:]))}, b[5:], nil
	case c == 0xdf && len(b) >= 5:
		return Token{Kind: Map, Len: int(be32(b[1:]))}, b[5:], nil
	}
	return readWide(layouts[c-0xc0], b[1:])
}

func readWide(l layout, b []byte) (t Token, rest []byte, err error) {
	if l.width == 0xff {
		return t, nil, ErrReserved
	}
	if len(b) < int(l.width) {
		return t, nil, ErrTruncated
	}
	value := be(b[:l.width])
	b = b[l.width:]
	switch l.kind {
	case Nil:
		return Token{Kind: Nil}, b, nil
	case Bool:
		return Token{Kind: Bool, Bits: uint64(l.fixed)}, b, nil
	case Uint:
		return Token{Kind: Uint, Bits: value}, b, nil
	case Int:
		return signed(value, l.width), b, nil
	case Float:
		if l.width == 4 {
			value = math.Float64bits(float64(math.Float32frombits(uint32(value))))
		}
		return Token{Kind: Float, Bits: value}, b, nil
	case Array, Map:
		return Token{Kind: l.kind, Len: int(value)}, b, nil
	case Ext:
		if l.width == 0 {
			value = uint64(l.fixed)
		}
		if len(b) == 0 {
			return t, nil, ErrTruncated
		}
		return payload(Token{Kind: Ext, Len: int(value), ExtType: int8(b[0])}, b[1:])
	default:
		return payload(Token{Kind: l.kind, Len: int(value)}, b)
	}
}

// signed makes an Int token of a value that was width bytes wide. A value that is not
// negative becomes a Uint, as in msgpack-c.
func signed(value uint64, width uint8) Token {
	shift := 64 - 8*uint(width)
	v := int64(value<<shift) >> shift
	if v >= 0 {
		return Token{Kind: Uint, Bits: uint64(v)}
	}
	return Token{Kind: Int, Bits: uint64(v)}
}

func payload(t Token, b []byte) (Token, []byte, error) {
	if t.Len > len(b) {
		return t, nil, ErrTruncated
	}
	return t, b, nil
}

// Skip returns the length of the first object of b, which is then known to be whole: reading
// any part of it cannot fail. It does not recurse, so hostile nesting costs neither memory
// nor stack.
func Skip(b []byte) (int, error) {
	rest := b
	// Each element costs at least a byte, so that the count cannot overflow.
	for pending := uint64(1); pending > 0; pending-- {
		t, r, err := Read(rest)
		if err != nil {
			return 0, err
		}
		rest = r
		switch t.Kind {
		case Str, Bin, Ext:
			rest = rest[t.Len:]
		case Array:
			pending += uint64(t.Len)
		case Map:
			pending += 2 * uint64(t.Len)
		}
	}
	return len(b) - len(rest), nil
}

// AppendStr appends s as a str in its shortest form. It must be shorter than 4 GiB.
func AppendStr(dst []byte, s string) []byte {
	switch n := len(s); {
	case n < 1<<5:
		dst = append(dst, 0xa0|byte(n))
	case n < 1<<8:
		dst = append(dst, 0xd9, byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, 0xda), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint32(append(dst, 0xdb), uint32(n))
	}
	return append(dst, s...)
}

func be32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }

// be reads a big-endian number of 0, 1, 2, 4 or 8 bytes.
func be(b []byte) uint64 {
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.BigEndian.Uint16(b))
	case 4:
		return uint64(binary.BigEndian.Uint32(b))
	case 8:
		return binary.BigEndian.Uint64(b)
	}
	return 0
}
