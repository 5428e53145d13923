package spool

import (
	"cmp"
	"errors"
	"slices"
)

// MakeRoom seals the largest active segments, as many as hold half of the active data, so
// that they can be shipped and removed. It is for a spool that has reached its limit or
// whose disk is full: active segments alone may fill it, and nothing else would seal them
// before they are old enough.
func (s *Spool) MakeRoom() (err error) {
	for _, seg := range s.largest() {
		err = errors.Join(err, s.Seal(seg))
	}
	return err
}

func (s *Spool) largest() []*Segment {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*Segment
	var total int64
	for _, seg := range s.active {
		if s.used[seg] > seg.start { // else it has no frame yet
			found = append(found, seg)
			total += s.used[seg]
		}
	}
	slices.SortFunc(found, func(a, b *Segment) int {
		return cmp.Or(cmp.Compare(s.used[b], s.used[a]), cmp.Compare(a.ID, b.ID))
	})
	var taken int64
	for n, seg := range found {
		if taken >= (total+1)/2 {
			return found[:n]
		}
		taken += s.used[seg]
	}
	return found
}
