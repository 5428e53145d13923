package record

import "slices"

// Lookup finds the values of several accessors in one pass over a record. It is immutable and
// safe for concurrent use.
type Lookup struct {
	root  node
	count int
}

// node is a place in a record that accessors end at or lead through.
type node struct {
	slots    []int // of the values that end here
	under    []int // of the values that end here or below
	members  []edge
	elements []edge
}

type edge struct {
	step
	to *node
}

// NewLookup returns a Lookup whose values are in the order of accessors.
func NewLookup(accessors ...Accessor) *Lookup {
	l := &Lookup{count: len(accessors)}
	for slot, a := range accessors {
		at := &l.root
		for _, s := range a.steps {
			at = at.add(s)
			at.under = append(at.under, slot)
		}
		at.slots = append(at.slots, slot)
	}
	return l
}

func (n *node) add(s step) *node {
	edges := &n.members
	if s.index >= 0 {
		edges = &n.elements
	}
	for _, e := range *edges {
		if e.step == s {
			return e.to
		}
	}
	to := &node{}
	*edges = append(*edges, edge{step: s, to: to})
	return to
}

// Find finds the values in body, one msgpack object with anything behind it, and returns the
// object's length, too. dst is overwritten and reused if it is large enough. The Bytes of the
// values are views of body. The error is that of Read or Skip; the values mean nothing then.
//
// Of several members with the same name the last one counts, as in Fluent Bit and in JSON.
func (l *Lookup) Find(dst []Value, body []byte) (values []Value, n int, err error) {
	values = slices.Grow(dst[:0], l.count)[:l.count]
	clear(values)
	rest, err := l.root.walk(values, body)
	if err != nil {
		return values, 0, err
	}
	return values, len(body) - len(rest), nil
}

// walk sets the values at and below n, whose object b begins with, and returns what is behind
// the object. It recurses as deep as accessors do, whatever the record is.
func (n *node) walk(values []Value, b []byte) (rest []byte, err error) {
	t, rest, err := Read(b)
	if err != nil {
		return nil, err
	}
	for _, slot := range n.slots {
		values[slot] = valueOf(t, rest)
	}
	switch {
	case t.Kind == Map && len(n.members) > 0:
		return n.walkMap(values, rest, t.Len)
	case t.Kind == Array && len(n.elements) > 0:
		return n.walkArray(values, rest, t.Len)
	}
	return behind(b)
}

func (n *node) walkMap(values []Value, b []byte, pairs int) (rest []byte, err error) {
	for rest = b; pairs > 0; pairs-- {
		t, payload, err := Read(rest)
		if err != nil {
			return nil, err
		}
		var to *node
		if t.Kind == Str {
			to = n.member(payload[:t.Len])
			rest = payload[t.Len:]
		} else if rest, err = behind(rest); err != nil {
			return nil, err
		}
		if rest, err = to.enter(values, rest); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

func (n *node) walkArray(values []Value, b []byte, count int) (rest []byte, err error) {
	rest = b
	for i := range count {
		at := slices.IndexFunc(n.elements, func(e edge) bool { return e.index == i })
		var to *node
		if at >= 0 {
			to = n.elements[at].to
		}
		if rest, err = to.enter(values, rest); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

// enter walks the object that b begins with, or skips it if n is nil. What an earlier member of
// the same name has set is forgotten.
func (n *node) enter(values []Value, b []byte) (rest []byte, err error) {
	if n == nil {
		return behind(b)
	}
	for _, slot := range n.under {
		values[slot] = Value{}
	}
	return n.walk(values, b)
}

// member returns where the member with that name leads, nil if no accessor wants it.
func (n *node) member(name []byte) *node {
	for i := range n.members {
		if n.members[i].name == string(name) {
			return n.members[i].to
		}
	}
	return nil
}

// behind returns what is behind the first object of b.
func behind(b []byte) ([]byte, error) {
	t, rest, err := Read(b)
	switch {
	case err != nil:
		return nil, err
	case t.Kind == Str || t.Kind == Bin || t.Kind == Ext:
		return rest[t.Len:], nil
	case t.Kind != Array && t.Kind != Map:
		return rest, nil
	}
	n, err := Skip(b)
	if err != nil {
		return nil, err
	}
	return b[n:], nil
}
