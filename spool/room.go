package spool

import (
	"cmp"
	"errors"
	"slices"
)

// MakeRoom seals the largest active segments, those that hold half of what is active,
// so that they can be shipped and removed. It is for a spool that is full, by its limit
// or since the disk is: active segments alone may fill it, and nothing would be sealed
// before its age.
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
