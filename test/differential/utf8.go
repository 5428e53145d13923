package differential

// truncated walks a string as flb_utils_write_str_escaped does (src/flb_utils.c), and says whether it
// meets a lead byte whose sequence would end behind the string.
func truncated(s string) bool {
	for i := 0; i < len(s); {
		n := sequence(s[i])
		if i+n > len(s) {
			return true
		}
		i += accepted(s[i : i+n])
	}
	return false
}

// sequence is flb_utf8_len (src/flb_utf8.c): the length that a lead byte announces.
func sequence(lead byte) int {
	switch {
	case lead < 0xc0:
		return 1
	case lead < 0xe0:
		return 2
	case lead < 0xf0:
		return 3
	case lead < 0xf8:
		return 4
	case lead < 0xfc:
		return 5
	}
	return 6
}

// accepted is how many bytes of a sequence flb_utf8_decode takes before it rejects one; at least one.
func accepted(s string) int {
	if s[0] >= 0xf8 {
		return 1
	}
	for i := 1; i < len(s); i++ {
		if s[i]&0xc0 != 0x80 {
			return i
		}
	}
	if len(s) > 1 && outside(s) {
		return len(s) - 1
	}
	return len(s)
}

// outside is whether a sequence stands for a surrogate or lies above U+10FFFF: flb_utf8_decode notices
// at the last byte.
func outside(s string) bool {
	code := uint32(s[0]) & (0x7f >> len(s))
	for i := 1; i < len(s); i++ {
		code = code<<6 | uint32(s[i]&0x3f)
	}
	return code >= 0xd800 && code <= 0xdfff || code > 0x10ffff
}
