package jsonl

import (
	"encoding/binary"
	"math"

	"sluice/output/record"
)

// keys remembers which keys follow each other in maps, with their JSON: the records of a
// stream nearly always have the same ones in the same order. Each map is a path from a
// root. A key that is already on the path is a duplicate, which is found out once and not
// for each record.
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

// key is a key at its place on a path. It has no pointers, so that the garbage collector
// need not scan thousands of them.
type key struct {
	head, mask         [2]uint64      // its first sixteen bytes of msgpack, or all, and which they are
	text               [roomyKey]byte // its JSON with a colon, if that fits
	at, size, textSize int32          // in keys.bytes: size bytes of msgpack, textSize of JSON
	before             ref
	next               [4]ref // what has followed it
	inside             ref    // root of the keys of the map that is its value
	index              int32  // of the member in its map; -1 for a root
	replaces           int32  // index of the member with the same name, -1 if there is none
	special            bool   // usual does not find it
}

// roomyKey is how many bytes of a key's text are copied, whatever its length.
const roomyKey = 32

// Limits of what is remembered.
const (
	mostKeys     = 4096
	mostKeyBytes = 256 << 10
)

// bound forgets everything when a limit is reached. It invalidates all refs.
func (k *keys) bound() {
	if len(k.all) > 0 && !k.full() {
		return
	}
	k.all, k.bytes = k.all[:0], k.bytes[:0]
	if cap(k.bytes) > 2*mostKeyBytes {
		k.bytes = nil
	}
	k.all = append(k.all, key{size: math.MaxInt32, special: true}) // nothing begins with it
	for range roots - 1 {
		k.all = append(k.all, key{index: -1, replaces: -1})
	}
}

func (k *keys) full() bool { return len(k.all) >= mostKeys || len(k.bytes) >= mostKeyBytes }

// find returns the key at the start of b, if it has followed at before.
func (k *keys) find(at ref, b []byte) ref {
	head := firstWords(b)
	for _, next := range &k.all[at].next {
		n := &k.all[next]
		if (head[0]^n.head[0])&n.mask[0]|(head[1]^n.head[1])&n.mask[1] == 0 && len(b) >= int(n.size) &&
			(n.size <= 16 || k.longer(n, b)) {
			return next
		}
	}
	return none
}

// usual returns the key at the start of b, if it was the first to follow at and is not
// special: it is short and no duplicate.
func (k *keys) usual(at ref, b []byte) (n *key, next ref) {
	next = k.all[at].next[0]
	n = &k.all[next]
	if len(b) < 16 || n.special {
		return nil, none
	}
	head := [2]uint64{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}
	if (head[0]^n.head[0])&n.mask[0]|(head[1]^n.head[1])&n.mask[1] != 0 {
		return nil, none
	}
	return n, next
}

// long returns a key as JSON, with its colon, whatever its length.
func (k *keys) long(n *key) []byte { return k.bytes[n.at+n.size:][:n.textSize] }

// appendText appends a key that is not long as JSON, with its colon.
func (n *key) appendText(dst []byte) []byte {
	end := len(dst)
	if cap(dst)-end < roomyKey {
		return append(dst, n.text[:n.textSize]...)
	}
	*(*[roomyKey]byte)(dst[end : end+roomyKey]) = n.text
	return dst[:end+int(n.textSize)]
}

// longer reports whether b begins with a key that is longer than its head.
func (k *keys) longer(n *key, b []byte) bool {
	return string(b[16:n.size]) == string(k.bytes[n.at+16:n.at+n.size])
}

// firstWords returns the first sixteen bytes of b, or of what is behind b if it is shorter.
func firstWords(b []byte) [2]uint64 {
	if cap(b) < 16 {
		var short [16]byte
		copy(short[:], b)
		b = short[:]
	}
	b = b[:16]
	return [2]uint64{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}
}

// inside returns the root of maps in the value of a key.
func (k *keys) inside(at ref) ref {
	if k.all[at].inside == none {
		k.all = append(k.all, key{index: -1, replaces: -1})
		k.all[at].inside = ref(len(k.all) - 1)
	}
	return k.all[at].inside
}

// name returns the name of a key that is a str.
func (k *keys) name(at ref) (name []byte, ok bool) {
	n := &k.all[at]
	tok, payload, err := record.Read(k.bytes[n.at : n.at+n.size])
	return payload, err == nil && tok.Kind == record.Str
}

// learn adds the key at the start of b behind at.
func (t *transcoder) learn(at ref, b []byte) (ref, error) {
	k := &t.keys
	size, err := record.Skip(b)
	if err != nil {
		return none, err
	}
	n := key{at: int32(len(k.bytes)), size: int32(size), before: at, index: k.all[at].index + 1}
	n.mask = [2]uint64{1<<(8*min(size, 8)) - 1, 1<<(8*max(0, min(size, 16)-8)) - 1}
	n.head = firstWords(b)
	k.bytes = append(k.bytes, b[:size]...)
	if k.bytes, _, err = t.appendKey(k.bytes, b); err != nil {
		k.bytes = k.bytes[:n.at]
		return none, err
	}
	copy(n.text[:], k.bytes[n.at+n.size:])
	n.textSize = int32(len(k.bytes)) - n.at - n.size
	k.all = append(k.all, n)
	added := ref(len(k.all) - 1)
	k.all[added].replaces = k.earlier(added)
	k.all[added].special = size > 16 || n.textSize > roomyKey || k.all[added].replaces >= 0
	k.follow(at, added)
	return added, nil
}

// earlier returns the index of the last earlier member with the same name, or -1.
func (k *keys) earlier(of ref) int32 {
	name, ok := k.name(of)
	for at := k.all[of].before; ok && k.all[at].index >= 0; at = k.all[at].before {
		if other, ok := k.name(at); ok && string(other) == string(name) {
			return k.all[at].index
		}
	}
	return -1
}

// follow records that next has followed at. It may replace another key.
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
