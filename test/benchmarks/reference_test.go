package benchmarks

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tinylib/msgp/msgp"
)

// reference says in the plainest way what JSON a msgpack object becomes. tinylib reads; the rules are those of
// Fluent Bit's own output, but for what docs/from-s3.md lists.
type reference struct{ escapeUnicode bool }

// errNotHere is for what the reference does not judge.
var errNotHere = errors.New("not judged here")

// maxDepth is what Sluice takes.
const maxDepth = 256

func (r reference) value(b []byte, depth int) (text string, rest []byte, err error) {
	switch msgp.NextType(b) {
	case msgp.NilType:
		rest, err = msgp.ReadNilBytes(b)
		return "null", rest, err
	case msgp.BoolType:
		v, rest, err := msgp.ReadBoolBytes(b)
		return fmt.Sprint(v), rest, err
	case msgp.IntType:
		v, rest, err := msgp.ReadInt64Bytes(b)
		return fmt.Sprint(v), rest, err
	case msgp.UintType:
		v, rest, err := msgp.ReadUint64Bytes(b)
		return fmt.Sprint(v), rest, err
	case msgp.Float32Type:
		v, rest, err := msgp.ReadFloat32Bytes(b)
		return r.float(float64(v)), rest, err
	case msgp.Float64Type:
		v, rest, err := msgp.ReadFloat64Bytes(b)
		return r.float(v), rest, err
	case msgp.StrType:
		v, rest, err := msgp.ReadStringZC(b)
		if err != nil {
			return "", nil, err
		}
		text, err = r.text(v)
		return text, rest, err
	case msgp.BinType:
		v, rest, err := msgp.ReadBytesZC(b)
		if err != nil {
			return "", nil, err
		}
		text, err = r.text(v)
		return text, rest, err
	case msgp.ArrayType:
		return r.array(b, depth)
	case msgp.MapType:
		return r.object(b, depth)
	case msgp.InvalidType:
		return "", nil, errors.New("no msgpack")
	}
	return r.ext(b)
}

func (r reference) float(f float64) string {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return "null"
	case f == math.Trunc(f) && math.Abs(f) < 1<<63:
		return fmt.Sprintf("%.1f", f)
	case f == -1<<63:
		return fmt.Sprintf("%.1f", f)
	}
	// As few digits as it takes to read the same number back, 17 at most.
	for digits := 1; ; digits++ {
		text := fmt.Sprintf("%.*g", digits, f)
		if read, err := strconv.ParseFloat(text, 64); err == nil && read == f {
			return text
		}
	}
}

var shortEscapes = map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\b': `\b`, '\f': `\f`}

func (r reference) text(s []byte) (string, error) {
	if !utf8.Valid(s) {
		return "", errNotHere // what becomes of such bytes the differential test compares with Fluent Bit's
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range string(s) {
		short, isShort := shortEscapes[c]
		switch {
		case isShort:
			b.WriteString(short)
		case c < ' ':
			fmt.Fprintf(&b, `\u%04x`, c)
		case c < utf8.RuneSelf || !r.escapeUnicode:
			b.WriteRune(c)
		case c > 0xffff:
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+(c-0x10000)>>10, 0xdc00+(c-0x10000)&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04x`, c)
		}
	}
	b.WriteByte('"')
	return b.String(), nil
}

func (r reference) array(b []byte, depth int) (text string, rest []byte, err error) {
	n, b, err := msgp.ReadArrayHeaderBytes(b)
	if err != nil {
		return "", nil, err
	}
	if depth == maxDepth {
		return "", nil, errNotHere
	}
	var all []string
	for range n {
		if text, b, err = r.value(b, depth+1); err != nil {
			return "", nil, err
		}
		all = append(all, text)
	}
	return "[" + strings.Join(all, ",") + "]", b, nil
}

// object keeps the last of members whose keys are the same str.
func (r reference) object(b []byte, depth int) (text string, rest []byte, err error) {
	n, b, err := msgp.ReadMapHeaderBytes(b)
	if err != nil {
		return "", nil, err
	}
	if depth == maxDepth {
		return "", nil, errNotHere
	}
	var names, all []string // "" for what is not a str, or was removed
	for range n {
		name, key := "", ""
		kind := msgp.NextType(b)
		if kind == msgp.StrType {
			v, _, err := msgp.ReadStringZC(b)
			if err != nil {
				return "", nil, err
			}
			name = "=" + string(v)
		}
		if key, b, err = r.value(b, 0); err != nil {
			return "", nil, err
		}
		if kind != msgp.StrType && kind != msgp.BinType && !strings.HasPrefix(key, `"\\x`) && key != `""` {
			if key, err = r.text([]byte(key)); err != nil {
				return "", nil, err
			}
		}
		if text, b, err = r.value(b, depth+1); err != nil {
			return "", nil, err
		}
		for i := range names {
			if name != "" && names[i] == name {
				names, all = append(names[:i], names[i+1:]...), append(all[:i], all[i+1:]...)
				break
			}
		}
		names, all = append(names, name), append(all, key+":"+text)
	}
	return "{" + strings.Join(all, ",") + "}", b, nil
}

// ext writes the bytes as text, with backslashes that JSON escapes.
func (r reference) ext(b []byte) (text string, rest []byte, err error) {
	typeAt := map[byte]int{0xc7: 2, 0xc8: 3, 0xc9: 5}[b[0]]
	if typeAt == 0 {
		typeAt = 1 // fixext
	}
	if typeAt >= len(b) {
		return "", nil, msgp.ErrShortBytes
	}
	e := msgp.RawExtension{Type: int8(b[typeAt])}
	if rest, err = msgp.ReadExtensionBytes(b, &e); err != nil {
		return "", nil, err
	}
	var out strings.Builder
	for _, c := range e.Data {
		fmt.Fprintf(&out, `\\x%02x`, c)
	}
	return `"` + out.String() + `"`, rest, nil
}
