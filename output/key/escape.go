package key

import (
	"crypto/sha256"
	"encoding/hex"
	"unicode"
	"unicode/utf8"

	"sluice/output/record"
)

// MaxField is the longest text of a record's field in a key, in bytes.
const MaxField = 128

// Missing stands for a field that a record does not have, as in Hive's tables: for null, an
// empty string, a map and an array, too.
const Missing = "__HIVE_DEFAULT_PARTITION__"

// Other stands for all fields of records beyond the streams that are allowed.
const Other = "__other__"

// mark stands between the beginning of a text that is too long and digits of its hash.
const mark = '~'

// hashSize is how many bytes of the SHA-256 follow the mark. Nobody can choose two values
// that share their key.
const hashSize = 16

// AppendField appends the text that v has in a key: at most MaxField bytes of valid UTF-8,
// never empty, with neither a slash nor a control character, and neither "." nor "..".
func AppendField(dst []byte, v record.Value) []byte {
	if v.Found && (v.Kind == record.Str || v.Kind == record.Bin) {
		return appendEscaped(dst, v.Bytes)
	}
	dst, ok := v.AppendText(dst)
	if !ok {
		return append(dst, Missing...)
	}
	return dst
}

// appendEscaped appends text escaped as Hive does it. Text that becomes too long is cut, and
// the hash of all of it keeps it apart from others.
func appendEscaped(dst, text []byte) []byte {
	switch string(text) {
	case "":
		return append(dst, Missing...)
	case ".":
		return append(dst, "%2E"...)
	case "..":
		return append(dst, "%2E%2E"...)
	}
	start := len(dst)
	cut := start // the last whole character that leaves room for the hash
	for rest := text; len(rest) > 0; {
		var n int
		dst, n = appendCharacter(dst, rest)
		rest = rest[n:]
		if len(dst)-start > MaxField {
			sum := sha256.Sum256(text)
			return hex.AppendEncode(append(dst[:cut], mark), sum[:hashSize])
		}
		if len(dst)-start < MaxField-hex.EncodedLen(hashSize) {
			cut = len(dst)
		}
	}
	return dst
}

// appendCharacter appends the first character of text, and returns its length there.
func appendCharacter(dst, text []byte) (appended []byte, n int) {
	if c := text[0]; c < utf8.RuneSelf {
		if escaped[c] {
			return appendPercent(dst, c), 1
		}
		return append(dst, c), 1
	}
	r, n := utf8.DecodeRune(text)
	if r == utf8.RuneError && n == 1 || unicode.IsControl(r) {
		for _, c := range text[:n] {
			dst = appendPercent(dst, c)
		}
		return dst, n
	}
	return append(dst, text[:n]...), n
}

func appendPercent(dst []byte, c byte) []byte {
	const digits = "0123456789ABCDEF"
	return append(dst, '%', digits[c>>4], digits[c&0xf])
}

// escaped has the ASCII characters that are written as %XX: what Hive escapes and S3 advises
// against, and control characters.
var escaped = func() (table [utf8.RuneSelf]bool) {
	for c := range byte(utf8.RuneSelf) {
		table[c] = c < ' ' || c == 0x7f
	}
	for _, c := range []byte(`/\%={}?*"#:`) {
		table[c] = true
	}
	return table
}()
