package sink

import (
	"fmt"
	"maps"
	"slices"
)

// Count is what arrived since Begin.
type Count struct {
	Requests int
	Objects  int
	Stored   int64 // bytes of the objects
	Records  int
	Missing  int // records that are in no object
	Twice    int // records beyond those that should be there
	Alien    int // records without an id
}

// Count reads all objects. Each of the lines, numbered from 0, should be there so many times.
func (s *Sink) Count(total, times int) (Count, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := Count{Requests: s.requests, Objects: len(s.objects)}
	seen := make([]int, total)
	each := func(id int) {
		c.Records++
		if id < 0 || id >= total {
			c.Alien++
			return
		}
		seen[id]++
	}
	for _, key := range slices.Sorted(maps.Keys(s.objects)) {
		text := lines{each: each}
		if err := decode(s.codec, s.objects[key], &text); err != nil {
			return c, fmt.Errorf("object %s: %w", key, err)
		}
		text.close()
		for _, p := range s.objects[key] {
			c.Stored += p.size
		}
	}
	for _, n := range seen {
		c.Missing += max(0, times-n)
		c.Twice += max(0, n-times)
	}
	return c, nil
}
