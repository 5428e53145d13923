package jsonl

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// word is how many bytes are copied at a time.
const word = 8

// appendString appends s between quotes with the escapes of Fluent Bit v5.1.1
// (src/flb_utils.c, flb_utils_write_str): short forms where JSON has them,
// \u00xx for other control characters, and, if escapeUnicode, \uxxxx in lower
// case for all that is not ASCII. DEL is written as it is; the C code does the same or
// writes \u007f, depending on its place in a block of 16 bytes.
//
// It copies eight bytes at a time, before it knows how many of them need an escape, and
// beyond the end of s within its capacity.
func appendString(dst, s []byte, escapeUnicode bool) []byte {
	dst = grow(dst, len(s))
	n := len(dst)
	dst = dst[:cap(dst)]
	dst[n] = '"'
	n++
	for len(s) > 0 && cap(s) >= word {
		w := binary.LittleEndian.Uint64(s[:word])
		binary.LittleEndian.PutUint64(dst[n:], w)
		plain := bits.TrailingZeros64(specialBytes(w)) / 8
		if plain >= len(s) {
			n += len(s)
			s = nil
			break
		}
		if plain == word {
			n, s = n+word, s[word:]
			continue
		}
		read, wrote := escapeWords(dst[n:], s)
		if read == 0 {
			dst, s = appendEscape(dst[:n+plain], s[plain:], escapeUnicode)
		} else {
			dst, s = dst[:n+wrote], s[read:]
		}
		n = len(dst)
		dst = grow(dst, len(s))
		dst = dst[:cap(dst)]
	}
	if len(s) > 0 {
		dst, n = appendSlowly(dst[:n], s, escapeUnicode)
	}
	dst[n] = '"' // there is room for a word more
	return dst[:n+1]
}

// grow makes room for n bytes as they are, an escaped word, and two quotes.
func grow(dst []byte, n int) []byte {
	if cap(dst)-len(dst) < n+2*word+2 {
		dst = slices.Grow(dst, n+2*word+2)
	}
	return dst
}

// escapeWords writes s a word at a time, and returns how much of s that was and how
// many bytes it made. It ends where a byte takes more than two, or dst may be too short.
// It does not branch on each byte: where a text has quotes cannot be predicted.
func escapeWords(dst, s []byte) (read, wrote int) {
	for len(s)-read >= word && len(dst)-wrote > 2*word {
		w := binary.LittleEndian.Uint64(s[read:])
		to := (*[2*word + 1]byte)(dst[wrote:])
		if specialBytes(w) == 0 {
			binary.LittleEndian.PutUint64(to[:], w)
			read, wrote = read+word, wrote+word
			continue
		}
		e0, e1 := shortEscapes[byte(w)], shortEscapes[byte(w>>8)]
		e2, e3 := shortEscapes[byte(w>>16)], shortEscapes[byte(w>>24)]
		e4, e5 := shortEscapes[byte(w>>32)], shortEscapes[byte(w>>40)]
		e6, e7 := shortEscapes[byte(w>>48)], shortEscapes[byte(w>>56)]
		if (e0|e1|e2|e3|e4|e5|e6|e7)&noShortEscape != 0 {
			break
		}
		n := e0.put(to, 0)
		n = e1.put(to, n)
		n = e2.put(to, n)
		n = e3.put(to, n)
		n = e4.put(to, n)
		n = e5.put(to, n)
		n = e6.put(to, n)
		n = e7.put(to, n)
		read, wrote = read+word, wrote+int(n)
	}
	return read, wrote
}

// shortEscape is the text of a byte that is written as one byte or two: these bytes, the
// first one lowest, and above them their number.
type shortEscape uint32

const noShortEscape shortEscape = 1 << 31

// put writes the text of a byte at n, and returns its end. n is less than 2·word; the
// remainder only saves a bounds check.
func (e shortEscape) put(dst *[2*word + 1]byte, n shortEscape) shortEscape {
	binary.LittleEndian.PutUint16(dst[n%(2*word):], uint16(e))
	return n + e>>16
}

// shortEscapes has those of asciiEscapes.
var shortEscapes = func() (table [256]shortEscape) {
	for c := range table {
		table[c] = noShortEscape
		if c < utf8.RuneSelf && len(asciiEscapes[c]) <= 2 {
			text := asciiEscapes[c] + "\x00"
			table[c] = shortEscape(text[0]) | shortEscape(text[1])<<8 | shortEscape(len(asciiEscapes[c]))<<16
		}
	}
	return table
}()

// appendSlowly appends text that has no capacity for a word behind it, and leaves room for
// one byte.
func appendSlowly(dst, s []byte, escapeUnicode bool) (out []byte, n int) {
	for len(s) > 0 {
		dst, s = appendEscape(dst, s, escapeUnicode)
	}
	dst = slices.Grow(dst, 1)
	return dst[:cap(dst)], len(dst)
}

// specialBytes returns 0 if no byte of w needs an escape: if all are printable ASCII or DEL,
// but neither quote nor backslash. Otherwise the lowest bit that is set is in the lowest
// byte that needs one.
func specialBytes(w uint64) uint64 {
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
	return (w | (w - space) | (q - ones) | (b - ones)) & tops
}

// appendEscape appends the first character of s, escaped if necessary, and returns what is
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
// returns its length. A byte that is no part of a sequence is kept as the character U+E0xx
// of the private use area, as in the C plugin. That drops the first byte of a sequence
// that the end of the string cuts off; here it is kept, too.
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

// decodeLoosely decodes a sequence as src/flb_utf8.c does: overlong forms are accepted,
// surrogates and what is above U+10FFFF are not. If not ok, the first n bytes of s must be
// kept as they are. s begins with a byte of 0x80 or more.
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

// appendRawRune appends the sequence at the start of s as it is, or U+FFFD for a byte that is
// not UTF-8 (flb_utils_write_str_raw).
func appendRawRune(dst, s []byte) ([]byte, int) {
	if r, n := utf8.DecodeRune(s); r != utf8.RuneError || n > 1 {
		return append(dst, s[:n]...), n
	}
	return append(dst, "\uFFFD"...), 1
}
