package spool

import (
	"errors"
	"slices"
	"time"
)

// openRepeats makes the memory of what came last, from the segments that were
// found and from the journal, which has the others. A journal that cannot be read
// or written is no reason not to open: a full disk is emptied by shipping.
func openRepeats(fs FS, path, writer string, found []*Segment, now func() time.Time) (*repeats, error) {
	r := &repeats{now: now, waits: now(), journal: &journal{fs: fs, path: path, writer: writer}}
	before, journaled, readErr := readJournal(fs, path)
	p := past{before, newestOf(found, before.last, journaled, r.waits)}
	came := sightings(found, before.last, p.newest.Add(-repeatWindow))
	r.known = p.expect(came, journaled, r.waits)
	last := before.last
	if len(found) > 0 {
		last = max(last, found[len(found)-1].ID)
	}
	return r, errors.Join(readErr, r.journal.replace(state{last, r.waits}, r.expected()))
}

// past is the life of the process before.
type past struct {
	state
	newest time.Time // when its last chunk came
}

// expect returns what may come again: the chunks that came in the last moments, in
// segments or noted in the journal, those that came again then, and of those that
// were expected before all that did not come, unless there was time enough.
func (p past) expect(came, journaled []sighting, now time.Time) map[chunkName]expected {
	known := map[chunkName]expected{}
	add := func(s sighting, times int) {
		if s.seen.After(now) {
			s.seen = now // a clock that was set back has left times that have not come yet
		}
		e := known[s.name]
		known[s.name] = expected{max(e.times+times, 0), s.seen}
	}
	recent := func(s sighting) bool { return !s.seen.Before(p.newest.Add(-repeatWindow)) }
	waiting := p.newest.Sub(p.opened) <= repeatPatience
	for _, s := range journaled {
		if s.kind == inherited && waiting && now.Sub(s.seen) < repeatMost {
			add(s, 1)
		}
	}
	for _, s := range journaled {
		if s.kind == again {
			add(s, -1)
		}
	}
	for _, s := range journaled {
		if s.kind == again && recent(s) {
			add(s, 1)
		}
	}
	// A crash may have come between noting a segment's chunks and removing it.
	inSegments := map[chunkName]int{}
	for _, s := range came {
		if recent(s) {
			inSegments[s.name]++
			add(s, 1)
		}
	}
	for _, s := range journaled {
		if s.kind != gone || !recent(s) {
			continue
		}
		if inSegments[s.name] > 0 {
			inSegments[s.name]--
			continue
		}
		add(s, 1)
	}
	return known
}

// newestFirst sorts by time.
func newestFirst(seen []sighting) {
	slices.SortStableFunc(seen, func(a, b sighting) int { return b.seen.Compare(a.seen) })
}

// latest keeps the chunks that came last, and not many more.
type latest struct{ seen []sighting }

func (l *latest) add(seen []sighting) {
	l.seen = append(l.seen, seen...)
	if len(l.seen) < 4*maxRepeats {
		return
	}
	newestFirst(l.seen)
	l.seen = slices.Clone(l.seen[:maxRepeats])
}

// newestOf returns when the last chunk came. A clock that was set back has left
// times that have not come yet; they count as now.
func newestOf(found []*Segment, last uint64, journaled []sighting, now time.Time) (newest time.Time) {
	later := func(t time.Time) {
		if t.After(now) {
			t = now
		}
		if t.After(newest) {
			newest = t
		}
	}
	for _, g := range found {
		if g.ID > last {
			later(g.sum.latest)
		}
	}
	for _, s := range journaled {
		later(s.seen)
	}
	return newest
}
