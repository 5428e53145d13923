package record

import (
	"math"
	"strconv"
)

// Value is what a Lookup has found at an accessor's place. The zero Value is a missing one,
// which Found tells from a null.
type Value struct {
	Found bool
	Kind  Kind
	Bits  uint64 // of Bool, Uint, Int and Float, as in a Token
	Bytes []byte // of Str and Bin: a view of the record
}

// valueOf returns the Value of a token whose payload rest begins with.
func valueOf(t Token, rest []byte) Value {
	v := Value{Found: true, Kind: t.Kind, Bits: t.Bits}
	if t.Kind == Str || t.Kind == Bin {
		v.Bytes = rest[:t.Len:t.Len]
	}
	return v
}

// AppendText appends a string or binary as its bytes, and a number or boolean as its JSON. It
// reports false, and appends nothing, for what has no text: a missing value, null, a map, an
// array, an extension, and NaN and the infinities, which JSON has not.
func (v Value) AppendText(dst []byte) ([]byte, bool) {
	if !v.Found {
		return dst, false
	}
	switch v.Kind {
	case Str, Bin:
		return append(dst, v.Bytes...), true
	case Bool:
		return strconv.AppendBool(dst, v.Bits == 1), true
	case Uint:
		return strconv.AppendUint(dst, v.Bits, 10), true
	case Int:
		return strconv.AppendInt(dst, int64(v.Bits), 10), true
	case Float:
		return appendFloat(dst, math.Float64frombits(v.Bits))
	}
	return dst, false
}

// appendFloat appends the text that encode/jsonl writes for f; a test compares them.
func appendFloat(dst []byte, f float64) ([]byte, bool) {
	a := math.Abs(f)
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return dst, false
	case f == math.Trunc(f) && -1<<63 <= f && f < 1<<63:
		return strconv.AppendFloat(dst, f, 'f', 1, 64), true
	case a < 1e-4 || a >= 1e16:
		return strconv.AppendFloat(dst, f, 'e', -1, 64), true
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64), true
}
