package differential

import "strings"

// word is a plain key.
func (g *generator) word() string {
	const letters = "abcdefghijklmnopqrstuvwxyz_0123456789"
	b := make([]byte, 1+g.r.IntN(20))
	for i := range b {
		b[i] = letters[g.r.IntN(len(letters))]
	}
	return string(b)
}

// text is a string of any bytes, as long as the features allow.
func (g *generator) text() string {
	var b strings.Builder
	want := g.length()
	for b.Len() < want {
		b.WriteString(g.piece())
	}
	s := b.String()
	if !g.may(Truncated) && truncated(s) {
		s += "....." // ends the sequence, which stays invalid
	}
	return s
}

// length favours the edges of msgpack's forms and of the C code's blocks of 16 bytes.
func (g *generator) length() int {
	if g.chance(1) {
		return g.pickInt(255, 256, 257, 4096, 65535, 65536)
	}
	return g.pickInt(0, 1, 2, 5, 14, 15, 16, 17, 30, 31, 32, 33, 47, 48, 49, g.r.IntN(100))
}

func (g *generator) piece() string {
	switch g.r.IntN(12) {
	case 0:
		return string(rune(g.r.IntN(0x20)))
	case 1:
		return g.pick(`"`, `\`, `/`, "\n", "\t", "\b", "\f", "\r", "\x00", "<", "&", "\u2028", "\ufffd", "\ufeff",
			`\u0041`)
	case 2:
		return string(rune(0x80 + g.r.IntN(0x800-0x80)))
	case 3:
		return string(rune(0x800 + g.r.IntN(0xd800-0x800)))
	case 4:
		return string(rune(0x10000 + g.r.IntN(0x100000)))
	case 5:
		return g.invalid()
	case 6:
		if g.may(Delete) {
			return "\x7f"
		}
	case 7:
		return g.pick("ÿ", "é", "ß", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "\U00010000",
			"\U0010ffff", "\ue0e2")
	}
	return g.word()
}

// invalid is a fragment that is not UTF-8.
func (g *generator) invalid() string {
	return g.pick("\x80", "\xbf", "\xc0", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xed\xbf\xbf",
		"\xf0\x80\x80\x80",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80", "\xfe", "\xff",
		"\xc3", "\xe2\x82",
		"\xf0\x9f\x98", "\xe2\x28\xa1", "\xc3\x28", string([]byte{byte(g.r.Uint32() | 0x80), byte(g.r.Uint32())}))
}
