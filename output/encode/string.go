package encode

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// appendString appends s between quotes with the escapes of Fluent Bit v5.1.1
// (src/flb_utils.c, flb_utils_write_str): short forms where JSON has them,
// \u00xx for other control characters, and, if escapeUnicode, \uxxxx in lower
// case for all that is not ASCII. DEL is written as it is; the C code writes it
// so too or as \u007f, depending on where in a block of 16 bytes it stands.
//
// It copies eight bytes at a time, before it knows how many of them need no
// escape, and beyond the end of s as far as its capacity goes.
func appendString(dst, s []byte, escapeUnicode bool) []byte {
	const word = 8
	if cap(dst)-len(dst) < len(s)+word+1 {
		dst = slices.Grow(dst, len(s)+word+1)
	}
	n := len(dst)
	dst = dst[:cap(dst)]
	dst[n] = '"'
	n++
	for len(s) > 0 && cap(s) >= word {
		w := binary.LittleEndian.Uint64(s[:word])
		binary.LittleEndian.PutUint64(dst[n:], w)
		plain := plainBytes(w)
		if plain >= len(s) {
			n += len(s)
			s = nil
			break
		}
		n, s = n+plain, s[plain:]
		if plain == word {
			continue
		}
		dst, s = appendEscape(dst[:n], s, escapeUnicode)
		n = len(dst)
		if cap(dst)-n < len(s)+word+1 {
			dst = slices.Grow(dst, len(s)+word+1)
		}
		dst = dst[:cap(dst)]
	}
	if len(s) > 0 {
		dst, n = appendSlowly(dst[:n], s, escapeUnicode)
	}
	dst[n] = '"' // there is room for a word more
	return dst[:n+1]
}

// appendSlowly appends what has no capacity for a word behind it, and leaves room
// for one byte.
func appendSlowly(dst, s []byte, escapeUnicode bool) (out []byte, n int) {
	for len(s) > 0 {
		dst, s = appendEscape(dst, s, escapeUnicode)
	}
	dst = slices.Grow(dst, 1)
	return dst[:cap(dst)], len(dst)
}

// plainBytes returns how many of the bytes of w, the lowest first, need no escape:
// printable ASCII and DEL, without the quote and the backslash.
func plainBytes(w uint64) int {
	const (
		ones  = 0x0101010101010101
		tops  = 0x8080808080808080
		quote = ones * '"'
		slash = ones * '\\'
		space = ones * 0x20
	)
	q, b := w^quote, w^slash
	// A borrow can set a false bit above a true one, never below: the lowest set
	// bit is always right.
	return bits.TrailingZeros64((w|(w-space)|(q-ones)|(b-ones))&tops) / 8
}

// appendEscape appends what s begins with, escaped if need be, and returns what is
// behind it.
func appendEscape(dst, s []byte, escapeUnicode bool) (out, rest []byte) {
	n := 1
	switch c := s[0]; {
	case c == '"' || c == '\\':
		dst = append(dst, '\\', c)
	case c < utf8.RuneSelf:
		dst = append(dst, asciiEscapes[c]...)
	case escapeUnicode:
		dst, n = appendEscapedRune(dst, s)
	default:
		dst, n = appendRawRune(dst, s)
	}
	return dst, s[n:]
}

// asciiEscapes is how each ASCII character is written.
var asciiEscapes = func() (table [utf8.RuneSelf]string) {
	for c := range table {
		table[c] = string(rune(c))
	}
	for c := range 0x20 {
		table[c] = `\u00` + string(hexDigits[c>>4]) + string(hexDigits[c&0xf])
	}
	table['"'], table['\\'] = `\"`, `\\`
	table['\n'], table['\r'], table['\t'], table['\b'], table['\f'] = `\n`, `\r`, `\t`, `\b`, `\f`
	return table
}()

const hexDigits = "0123456789abcdef"

// appendEscapedRune appends the sequence at the start of s as \uxxxx and
// returns its length. A byte that begins or breaks no sequence is kept as the
// character U+E0xx of the private use area, as the C plugin keeps it; that one
// drops the first byte of a sequence that the string's end cuts off, here it is
// kept like the others.
func appendEscapedRune(dst, s []byte) ([]byte, int) {
	r, n, ok := decodeLoosely(s)
	switch {
	case !ok:
		for _, c := range s[:n] {
			dst = utf8.AppendRune(dst, 0xe000+rune(c))
		}
	case r > 0xffff:
		dst = appendUnicodeEscape(dst, 0xd800+(r-0x10000)>>10)
		dst = appendUnicodeEscape(dst, 0xdc00+(r-0x10000)&0x3ff)
	default:
		dst = appendUnicodeEscape(dst, r)
	}
	return dst, n
}

func appendUnicodeEscape(dst []byte, r rune) []byte {
	return append(dst, '\\', 'u', hexDigits[r>>12&0xf], hexDigits[r>>8&0xf], hexDigits[r>>4&0xf], hexDigits[r&0xf])
}

// decodeLoosely reads a sequence as src/flb_utf8.c does: overlong forms are
// accepted, surrogates and what is above U+10FFFF are not. If not ok, the first
// n bytes of s are to be kept as they are. s begins with a byte of 0x80 or more.
func decodeLoosely(s []byte) (r rune, n int, ok bool) {
	size := 0
	switch c := s[0]; {
	case c&0xe0 == 0xc0:
		r, size = rune(c&0x1f), 2
	case c&0xf0 == 0xe0:
		r, size = rune(c&0x0f), 3
	case c&0xf8 == 0xf0:
		r, size = rune(c&0x07), 4
	}
	if size == 0 || size > len(s) {
		return 0, 1, false
	}
	for n = 1; n < size; n++ {
		if s[n]&0xc0 != 0x80 {
			return 0, n, false
		}
		r = r<<6 | rune(s[n]&0x3f)
	}
	if r > utf8.MaxRune || 0xd800 <= r && r <= 0xdfff {
		return 0, size - 1, false // its last byte is read again, as a first one
	}
	return r, size, true
}

// appendRawRune appends the sequence at the start of s as it is, or U+FFFD for
// one byte that is no UTF-8 (flb_utils_write_str_raw).
func appendRawRune(dst, s []byte) ([]byte, int) {
	if r, n := utf8.DecodeRune(s); r != utf8.RuneError || n > 1 {
		return append(dst, s[:n]...), n
	}
	return append(dst, "\uFFFD"...), 1
}
