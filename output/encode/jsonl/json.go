package jsonl

import (
	"strconv"

	"sluice/output/record"
)

const (
	maxDepth  = 256
	maxInKeys = 5 // maps and arrays as keys within each other
)

// transcoder turns msgpack into JSON and checks it in the same pass. Its errors are
// record.ErrTooDeep and those of record.Read.
type transcoder struct {
	escapeUnicode bool
	inKeys        int // nesting depth of keys that are maps or arrays
	keys          keys
	// starts is a stack: where each member of the open maps begins in the output.
	starts []int
	// lostFirst is set if the first member of the record was removed because a later one
	// has its name.
	lostFirst bool
}

// begin prepares for the next record.
func (t *transcoder) begin() {
	t.starts, t.lostFirst = t.starts[:0], false
	t.keys.bound()
}

// value appends the first object of b as JSON and returns what is behind it. The object is
// the value of the member with key at, or an element of that.
func (t *transcoder) value(dst, b []byte, at ref, depth int) (out, rest []byte, err error) {
	if v, size := shortUint(b); size > 0 {
		return appendUint(dst, uint64(v)), b[size:], nil
	}
	tok, rest, err := record.Read(b)
	if err != nil {
		return dst, nil, err
	}
	switch tok.Kind {
	case record.Str, record.Bin:
		return appendString(dst, rest[:tok.Len], t.escapeUnicode), rest[tok.Len:], nil
	case record.Uint:
		return appendUint(dst, tok.Bits), rest, nil
	case record.Int:
		return strconv.AppendInt(dst, int64(tok.Bits), 10), rest, nil
	case record.Float:
		return appendFloat(dst, tok.Float()), rest, nil
	case record.Nil:
		return append(dst, "null"...), rest, nil
	case record.Bool:
		return strconv.AppendBool(dst, tok.Bits == 1), rest, nil
	case record.Ext:
		return appendExt(dst, rest[:tok.Len]), rest[tok.Len:], nil
	}
	if depth == maxDepth {
		return dst, nil, record.ErrTooDeep
	}
	if tok.Kind == record.Array {
		return t.array(dst, rest, tok.Len, at, depth+1)
	}
	m := t.open(dst, t.keys.inside(at))
	rest, err = m.members(rest, tok.Len, depth+1)
	return m.close(), rest, err
}

// shortText returns the str of less than 256 bytes at the start of b, and what is behind it.
func shortText(b []byte) (text, rest []byte, ok bool) {
	if len(b) < 2 {
		return nil, nil, false
	}
	from, end := 1, 1+int(b[0]&0x1f)
	if b[0] == 0xd9 {
		from, end = 2, 2+int(b[1])
	} else if b[0]&0xe0 != 0xa0 {
		return nil, nil, false
	}
	if end > len(b) {
		return nil, nil, false
	}
	return b[from:end], b[end:], true
}

// shortUint returns the number of less than 17 bits at the start of b, and its size, or 0 if
// there is none.
func shortUint(b []byte) (v uint, size int) {
	if len(b) >= 3 && b[0] == 0xcd {
		return uint(b[1])<<8 | uint(b[2]), 3
	}
	if len(b) > 0 && b[0] < 0x80 {
		return uint(b[0]), 1
	}
	return 0, 0
}

func (t *transcoder) array(dst, b []byte, n int, at ref, depth int) (out, rest []byte, err error) {
	dst = append(dst, '[')
	for range n {
		if dst, b, err = t.value(dst, b, at, depth); err != nil {
			return dst, nil, err
		}
		dst = append(dst, ',')
	}
	return closeWith(dst, ']'), b, nil
}

// closeWith replaces the comma behind the last element by a bracket.
func closeWith(dst []byte, bracket byte) []byte {
	if last := len(dst) - 1; dst[last] == ',' {
		dst[last] = bracket
		return dst
	}
	return append(dst, bracket)
}

// object is a map being written. Of members with the same str key the last one is kept, in
// its place (flb_pack.c, key_exists_in_map).
type object struct {
	t    *transcoder
	out  []byte
	at   ref // the last member's key, or the root of the map's keys
	base int // of its members' starts
}

func (t *transcoder) open(dst []byte, root ref) object {
	return object{t, append(dst, '{'), root, len(t.starts)}
}

func (m *object) close() []byte {
	m.t.starts = m.t.starts[:m.base]
	return closeWith(m.out, '}')
}

// name begins a member; its value and a comma follow. key is a valid str, so that nothing can
// fail.
func (m *object) name(key []byte) {
	if k, next := m.t.keys.usual(m.at, key); next != none { // what key does, for nearly all
		m.t.starts = append(m.t.starts, len(m.out))
		m.out, m.at = k.appendText(m.out), next
		return
	}
	m.out, _, _ = m.key(m.out, key)
}

// key begins a member whose key is the first object of b, and returns what is behind that.
func (m *object) key(dst, b []byte) (out, rest []byte, err error) {
	t := m.t
	at := t.keys.find(m.at, b)
	if at == none {
		if at, err = t.learn(m.at, b); err != nil {
			return dst, nil, err
		}
	}
	k := &t.keys.all[at]
	if k.replaces >= 0 {
		dst = t.remove(dst, m.base+int(k.replaces))
	}
	t.starts = append(t.starts, len(dst))
	m.at = at
	if k.textSize > roomyKey {
		return append(dst, t.keys.long(k)...), b[k.size:], nil
	}
	return k.appendText(dst), b[k.size:], nil
}

// members appends n pairs.
func (m *object) members(b []byte, n, depth int) (rest []byte, err error) {
	t := m.t
	if n > manyMembers || t.keys.full() {
		return m.many(b, n, depth)
	}
	dst, at := m.out, m.at
	for range n {
		if k, next := t.keys.usual(at, b); next != none { // what name does
			t.starts = append(t.starts, len(dst))
			dst = k.appendText(dst)
			at, b = next, b[k.size:]
		} else {
			m.at = at
			if dst, b, err = m.key(dst, b); err != nil {
				return nil, err
			}
			at = m.at
		}
		if text, rest, ok := shortText(b); ok { // what value does, for most
			dst, b = appendString(dst, text, t.escapeUnicode), rest
		} else if dst, b, err = t.value(dst, b, at, depth); err != nil {
			return nil, err
		}
		dst = append(dst, ',')
	}
	m.out, m.at = dst, at
	return b, nil
}

// manyMembers is the size above which a map's keys are not learnt: comparing each with all
// others, and removing duplicates from the output, would take quadratic time.
const manyMembers = 64

// many does the same as members, for maps with many pairs: it reads all keys first and then
// leaves out those that come again.
func (m *object) many(b []byte, n, depth int) (rest []byte, err error) {
	last, err := lastOfEachKey(b, n)
	if err != nil {
		return nil, err
	}
	for at := m.at; m.t.keys.all[at].index >= 0; at = m.t.keys.all[at].before {
		if name, ok := m.t.keys.name(at); ok {
			if _, again := last[string(name)]; again {
				m.out = m.t.remove(m.out, m.base+int(m.t.keys.all[at].index))
			}
		}
	}
	for i := range n {
		tok, payload, err := record.Read(b)
		if err != nil {
			return nil, err
		}
		if tok.Kind == record.Str && last[string(payload[:tok.Len])] != i {
			if b, err = skip(payload[tok.Len:]); err != nil {
				return nil, err
			}
			continue
		}
		if m.out, b, err = m.t.appendKey(m.out, b); err != nil {
			return nil, err
		}
		if m.out, b, err = m.t.value(m.out, b, m.at, depth); err != nil {
			return nil, err
		}
		m.out = append(m.out, ',')
	}
	return b, nil
}

// lastOfEachKey returns, for each str key of n pairs, the index of its last pair.
func lastOfEachKey(b []byte, n int) (map[string]int, error) {
	last := make(map[string]int, min(n, 1024))
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

// remove removes a member from the output. Its start remains, with nothing there.
func (t *transcoder) remove(dst []byte, member int) []byte {
	t.lostFirst = t.lostFirst || member == 0
	starts := t.starts
	start, end := starts[member], len(dst)
	if member+1 < len(starts) {
		end = starts[member+1]
	}
	for i := member + 1; i < len(starts); i++ {
		starts[i] -= end - start
	}
	return append(dst[:start], dst[end:]...)
}

// appendKey appends the first object of b as a map's key with its colon. A key in JSON must
// be text: anything but str, bin and ext is written as the text of its JSON (the C plugin
// writes it bare, which is invalid). Too many such keys nested in each other are
// record.ErrTooDeep: each level doubles the quotes.
func (t *transcoder) appendKey(dst, b []byte) (out, rest []byte, err error) {
	tok, _, err := record.Read(b)
	if err != nil {
		return dst, nil, err
	}
	if tok.Kind == record.Str || tok.Kind == record.Bin || tok.Kind == record.Ext {
		dst, rest, err = t.value(dst, b, lineRoot, 0)
		return append(dst, ':'), rest, err
	}
	if t.inKeys == maxInKeys {
		return dst, nil, record.ErrTooDeep
	}
	// a transcoder of its own, so that these keys are not learnt
	plain := transcoder{escapeUnicode: t.escapeUnicode, inKeys: t.inKeys + 1}
	plain.begin()
	text, rest, err := plain.value(nil, b, lineRoot, 0)
	return append(appendString(dst, text, t.escapeUnicode), ':'), rest, err
}

// appendExt appends the bytes of an ext as text \x01\xff, with escaped backslashes. The C
// plugin does not escape them, which is invalid JSON, and sign-extends bytes above 0x7f.
func appendExt(dst, data []byte) []byte {
	dst = append(dst, '"')
	for _, c := range data {
		dst = append(dst, '\\', '\\', 'x', hexDigits[c>>4], hexDigits[c&0xf])
	}
	return append(dst, '"')
}
