package encode

import (
	"errors"
	"strconv"

	"sluice/output/record"
)

// ErrTooDeep tells of a record nested deeper than maxDepth. Fluent Bit itself
// stops at 32 (msgpack-c's embedded stack), so only a forged chunk has one.
var ErrTooDeep = errors.New("record nested too deeply")

const maxDepth = 256

// transcoder turns msgpack into JSON. Input is known to be whole (record.Skip),
// so no read below can fail.
type transcoder struct {
	escapeUnicode bool
	// entries is a stack of the members of all maps that are open, used to find
	// duplicate keys.
	entries []entry
	depth   int
}

// entry is a member of an open map.
type entry struct {
	start int    // of the member in the output
	hash  uint64 // of the key
	key   []byte // nil unless the key is a str
}

// value appends the first object of b as JSON and returns what is behind it.
func (t *transcoder) value(dst, b []byte) (out, rest []byte, err error) {
	tok, rest, err := record.Read(b)
	if err != nil {
		return dst, nil, err
	}
	switch tok.Kind {
	case record.Nil:
		return append(dst, "null"...), rest, nil
	case record.Bool:
		return strconv.AppendBool(dst, tok.Bits == 1), rest, nil
	case record.Uint:
		return strconv.AppendUint(dst, tok.Bits, 10), rest, nil
	case record.Int:
		return strconv.AppendInt(dst, int64(tok.Bits), 10), rest, nil
	case record.Float:
		return appendFloat(dst, tok.Float()), rest, nil
	case record.Str, record.Bin:
		return appendString(dst, rest[:tok.Len], t.escapeUnicode), rest[tok.Len:], nil
	case record.Ext:
		return appendExt(dst, rest[:tok.Len]), rest[tok.Len:], nil
	}
	if t.depth == maxDepth {
		return dst, nil, ErrTooDeep
	}
	t.depth++
	defer func() { t.depth-- }()
	if tok.Kind == record.Array {
		return t.array(dst, rest, tok.Len)
	}
	base := len(t.entries)
	dst, rest, err = t.members(append(dst, '{'), rest, tok.Len, base)
	t.entries = t.entries[:base]
	return append(dst, '}'), rest, err
}

func (t *transcoder) array(dst, b []byte, n int) (out, rest []byte, err error) {
	dst = append(dst, '[')
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, b, err = t.value(dst, b); err != nil {
			return dst, nil, err
		}
	}
	return append(dst, ']'), b, nil
}

// members appends n pairs to the map whose entries begin at base. Of members
// with the same str key the last one stays, where it stands (flb_pack.c,
// key_exists_in_map).
func (t *transcoder) members(dst, b []byte, n, base int) (out, rest []byte, err error) {
	if n > manyMembers {
		return t.many(dst, b, n, base)
	}
	for range n {
		var key []byte
		tok, payload, err := record.Read(b)
		if err != nil {
			return dst, nil, err
		}
		if tok.Kind == record.Str {
			key = payload[:tok.Len]
		}
		dst = t.begin(dst, key, base)
		if dst, b, err = t.key(dst, b, tok); err != nil {
			return dst, nil, err
		}
		if dst, b, err = t.value(append(dst, ':'), b); err != nil {
			return dst, nil, err
		}
	}
	return dst, b, nil
}

// manyMembers is from where on looking a key up beats comparing it with all
// others, and taking duplicates out of the output would cost quadratic time.
const manyMembers = 64

// many does what members does, for maps with many pairs: it reads the keys
// first and then leaves out those that come again.
func (t *transcoder) many(dst, b []byte, n, base int) (out, rest []byte, err error) {
	last, err := lastOfEachKey(b, n)
	if err != nil {
		return dst, nil, err
	}
	if len(t.entries) > base {
		dst = append(dst, ',')
	}
	for i := len(t.entries) - 1; i >= base; i-- {
		if _, again := last[string(t.entries[i].key)]; again && t.entries[i].key != nil {
			dst = t.remove(dst, i)
		}
	}
	for i := range n {
		tok, payload, err := record.Read(b)
		if err != nil {
			return dst, nil, err
		}
		if tok.Kind == record.Str && last[string(payload[:tok.Len])] != i {
			if b, err = skip(payload[tok.Len:]); err != nil {
				return dst, nil, err
			}
			continue
		}
		if dst, b, err = t.key(dst, b, tok); err != nil {
			return dst, nil, err
		}
		if dst, b, err = t.value(append(dst, ':'), b); err != nil {
			return dst, nil, err
		}
		dst = append(dst, ',')
	}
	return dst[:len(dst)-1], b, nil
}

// lastOfEachKey returns for each str key of n pairs the last pair that has it.
func lastOfEachKey(b []byte, n int) (map[string]int, error) {
	last := make(map[string]int, n)
	for i := range n {
		tok, payload, err := record.Read(b)
		if err != nil {
			return nil, err
		}
		if tok.Kind == record.Str {
			last[string(payload[:tok.Len])] = i
		}
		if b, err = skip(b); err == nil {
			b, err = skip(b)
		}
		if err != nil {
			return nil, err
		}
	}
	return last, nil
}

// skip returns what is behind the first object of b.
func skip(b []byte) ([]byte, error) {
	n, err := record.Skip(b)
	if err != nil {
		return nil, err
	}
	return b[n:], nil
}

// key appends a map's key. JSON has only text there: what is neither str nor
// bin is written as the text of its JSON (the C plugin writes it bare, which is
// no JSON).
func (t *transcoder) key(dst, b []byte, tok record.Token) (out, rest []byte, err error) {
	if tok.Kind == record.Str || tok.Kind == record.Bin || tok.Kind == record.Ext {
		return t.value(dst, b)
	}
	text, rest, err := t.value(nil, b)
	return appendString(dst, text, t.escapeUnicode), rest, err
}

// begin starts a member of the map whose entries begin at base: it appends the
// comma and removes an earlier member with the same str key from the output.
func (t *transcoder) begin(dst, key []byte, base int) []byte {
	if len(t.entries) > base {
		dst = append(dst, ',')
	}
	e := entry{start: len(dst), key: key}
	if key != nil {
		e.hash = hashKey(key)
		if i := t.find(e, base); i >= 0 {
			dst = t.remove(dst, i)
			e.start = len(dst)
		}
	}
	t.entries = append(t.entries, e)
	return dst
}

// find returns the entry of the same key at or behind base, or -1.
func (t *transcoder) find(e entry, base int) int {
	for i := base; i < len(t.entries); i++ {
		if o := &t.entries[i]; o.hash == e.hash && o.key != nil && string(o.key) == string(e.key) {
			return i
		}
	}
	return -1
}

// remove takes entry i and the comma behind it out of the output.
func (t *transcoder) remove(dst []byte, i int) []byte {
	start, end := t.entries[i].start, len(dst)
	if i+1 < len(t.entries) {
		end = t.entries[i+1].start
	}
	dst = append(dst[:start], dst[end:]...)
	t.entries = append(t.entries[:i], t.entries[i+1:]...)
	for j := i; j < len(t.entries); j++ {
		t.entries[j].start -= end - start
	}
	return dst
}

// hashKey mixes length, head and tail of a key: cheap, and good enough to make
// comparing whole keys rare.
func hashKey(key []byte) uint64 {
	const prime = 0x9e3779b97f4a7c15
	h := uint64(len(key))
	for i := 0; i < len(key); i += 1 + i/8 {
		h = (h ^ uint64(key[i])) * prime
	}
	return h
}

// appendExt appends the bytes of an ext as text \x01\xff (with its backslashes
// escaped). The C plugin leaves the backslash bare, which is no JSON, and
// sign-extends bytes above 0x7f.
func appendExt(dst, data []byte) []byte {
	dst = append(dst, '"')
	for _, c := range data {
		dst = append(dst, '\\', '\\', 'x', hexDigits[c>>4], hexDigits[c&0xf])
	}
	return append(dst, '"')
}
