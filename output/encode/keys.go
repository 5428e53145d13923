package encode

import (
	"encoding/binary"
	"math"

	"sluice/output/record"
)

// keys remembers which keys have followed each other in maps, with their JSON:
// the records of a stream nearly always have the same ones in the same order.
// Each map is a path from a root; a key that is on the path already is a
// duplicate, which is found out once and not for each record.
//
//	lineRoot ─ time ─ level ─┬─ message
//	                         └─ error ─ message
//	                              └ inside: ─ code ─ text
type keys struct {
	all   []key  // none and the roots first
	bytes []byte // of all keys: as they came, and as JSON
	turn  uint8  // which neighbour is forgotten next
}

// ref is an index of keys.all.
type ref int32

const (
	none ref = iota
	lineRoot
	attributesRoot
	metadataRoot
	roots // how many
)

// key is a key in its place. It has no pointers, so that the garbage collector
// need not look at thousands of them.
type key struct {
	head, mask         uint64 // its first eight bytes of msgpack, or all and which they are
	at, size, textSize int32  // in keys.bytes: size bytes of msgpack, textSize of JSON
	before             ref
	next               [4]ref // what has followed it
	inside             ref    // root of the keys of the map that is its value
	index              int32  // of the member in its map; -1 for a root
	replaces           int32  // index of the member with the same name, -1 if there is none
}

// Bounds of what is remembered.
const (
	mostKeys     = 4096
	mostKeyBytes = 256 << 10
)

// bound forgets everything when it has become much. References do not outlast it.
func (k *keys) bound() {
	if len(k.all) > 0 && !k.full() {
		return
	}
	k.all, k.bytes = k.all[:0], k.bytes[:0]
	k.all = append(k.all, key{size: math.MaxInt32}) // nothing begins with it
	for range roots - 1 {
		k.all = append(k.all, key{index: -1, replaces: -1})
	}
}

func (k *keys) full() bool { return len(k.all) >= mostKeys || len(k.bytes) >= mostKeyBytes }

// find returns the key that b begins with, if it has followed at before.
func (k *keys) find(at ref, b []byte) ref {
	head := firstWord(b)
	for _, next := range &k.all[at].next {
		n := &k.all[next]
		if (head^n.head)&n.mask == 0 && len(b) >= int(n.size) && (n.size <= 8 || string(b[8:n.size]) == string(k.bytes[n.at+8:n.at+n.size])) {
			return next
		}
	}
	return none
}

// firstWord returns the first eight bytes of b, and what is behind b if it is
// shorter.
func firstWord(b []byte) uint64 {
	if cap(b) >= 8 {
		return binary.LittleEndian.Uint64(b[:8])
	}
	var word [8]byte
	copy(word[:], b)
	return binary.LittleEndian.Uint64(word[:])
}

// inside returns the root for maps in the value of a key.
func (k *keys) inside(at ref) ref {
	if k.all[at].inside == none {
		k.all = append(k.all, key{index: -1, replaces: -1})
		k.all[at].inside = ref(len(k.all) - 1)
	}
	return k.all[at].inside
}

// appendText appends a key as JSON, with its colon. It copies sixteen bytes at a
// time, and so beyond the key's end.
func (k *keys) appendText(dst []byte, n *key) []byte {
	text, end := k.bytes[n.at+n.size:], len(dst)+int(n.textSize)
	if cap(dst) < end+textRoom || cap(text) < int(n.textSize)+textRoom {
		return append(dst, text[:n.textSize]...)
	}
	to := dst[len(dst) : end+textRoom]
	text = text[:n.textSize+textRoom]
	for i := 0; i < int(n.textSize); i += 16 {
		*(*[16]byte)(to[i:]) = *(*[16]byte)(text[i:])
	}
	return dst[:end]
}

const textRoom = 16

// name returns the name of a key that is a str.
func (k *keys) name(at ref) (name []byte, ok bool) {
	n := &k.all[at]
	tok, payload, err := record.Read(k.bytes[n.at : n.at+n.size])
	return payload, err == nil && tok.Kind == record.Str
}

// learn adds the key that b begins with behind at.
func (t *transcoder) learn(at ref, b []byte) (ref, error) {
	k := &t.keys
	size, err := record.Skip(b)
	if err != nil {
		return none, err
	}
	n := key{at: int32(len(k.bytes)), size: int32(size), before: at, index: k.all[at].index + 1}
	n.mask = 1<<(8*min(size, 8)) - 1
	n.head = firstWord(b) & n.mask
	k.bytes = append(k.bytes, b[:size]...)
	if k.bytes, _, err = t.appendKey(k.bytes, b); err != nil {
		k.bytes = k.bytes[:n.at]
		return none, err
	}
	n.textSize = int32(len(k.bytes)) - n.at - n.size
	k.all = append(k.all, n)
	added := ref(len(k.all) - 1)
	k.all[added].replaces = k.earlier(added)
	k.follow(at, added)
	return added, nil
}

// earlier returns the index of the last member before with the same name.
func (k *keys) earlier(of ref) int32 {
	name, ok := k.name(of)
	for at := k.all[of].before; ok && k.all[at].index >= 0; at = k.all[at].before {
		if other, ok := k.name(at); ok && string(other) == string(name) {
			return k.all[at].index
		}
	}
	return -1
}

// follow notes that next has followed at, in the place of another if need be.
func (k *keys) follow(at, next ref) {
	neighbours := &k.all[at].next
	for i := range neighbours {
		if neighbours[i] == none {
			neighbours[i] = next
			return
		}
	}
	neighbours[k.turn%uint8(len(neighbours))] = next
	k.turn++
}
