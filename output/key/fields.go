package key

import (
	"slices"

	"sluice/output/record"
)

// Fields collects the record fields of several formats and texts, so that one pass over a record
// finds them all. Each has a number, its place among the values.
type Fields struct{ accessors []record.Accessor }

// number returns the number of a field, which is added if it is new.
func (f *Fields) number(a record.Accessor) int {
	n := slices.IndexFunc(f.accessors, func(have record.Accessor) bool { return have.String() == a.String() })
	if n < 0 {
		n, f.accessors = len(f.accessors), append(f.accessors, a)
	}
	return n
}

// Len returns how many there are.
func (f *Fields) Len() int { return len(f.accessors) }

// Names returns them as they were written.
func (f *Fields) Names() (names []string) {
	for _, a := range f.accessors {
		names = append(names, a.String())
	}
	return names
}

// Lookup returns what finds their values, in the order of their numbers.
func (f *Fields) Lookup() *record.Lookup { return record.NewLookup(f.accessors...) }

// Source is what fields are filled from. The zero Source has none: all fields are missing.
type Source struct {
	Values []record.Value // by number
	// Other makes all of them Other, for records beyond the streams that are allowed.
	Other bool
}

// value returns the value of a field.
func (s Source) value(n int) record.Value {
	if n >= len(s.Values) {
		return record.Value{}
	}
	return s.Values[n]
}

// appendField appends the text of a field in a key.
func (s Source) appendField(dst []byte, n int) []byte {
	if s.Other {
		return append(dst, Other...)
	}
	return AppendField(dst, s.value(n))
}

// appendPlain appends the text of a field outside of keys: as it is, at most maxPlain bytes of
// it, and nothing for a missing one.
func (s Source) appendPlain(dst []byte, n int) []byte {
	if s.Other {
		return append(dst, Other...)
	}
	v := s.value(n)
	v.Bytes = v.Bytes[:min(len(v.Bytes), maxPlain)]
	dst, _ = v.AppendText(dst)
	return dst
}

// maxPlain is more than a tag's value may have; its characters may have four bytes.
const maxPlain = 1024
