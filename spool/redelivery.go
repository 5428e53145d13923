package spool

import (
	"errors"
	"slices"
	"time"
)

// openDedup finds out which chunks may be delivered again, from the segments that exist and
// from the journal. A journal that cannot be read or written is no reason not to open the
// spool: a full disk is emptied by shipping.
func openDedup(fs FS, path, writer string, found []*Segment, now func() time.Time) (*dedup, error) {
	r := &dedup{now: now, waits: now(), journal: &journal{fs: fs, path: path, writer: writer}}
	before, journaled, readErr := readJournal(fs, path)
	p := past{before, newestOf(found, before.last, journaled, r.waits)}
	came := chunksIn(found, before.last, p.newest.Add(-dedupWindow))
	r.known = p.expect(came, journaled, r.waits)
	last := before.last
	if len(found) > 0 {
		last = max(last, found[len(found)-1].ID)
	}
	return r, errors.Join(readErr, r.journal.replace(state{last, r.waits}, r.outstanding()))
}

// past is what is known about the last process.
type past struct {
	state
	newest time.Time // arrival of its last chunk
}

// expect returns the chunks that may be delivered again: those that came last, from
// segments and the journal, those that were redelivered last, and those that the last
// process expected in vain, unless it waited for dedupPatience.
func (p past) expect(came, journaled []chunkSeen, now time.Time) map[chunkName]expected {
	known := map[chunkName]expected{}
	add := func(s chunkSeen, times int) {
		if s.seen.After(now) {
			s.seen = now // the clock was set back
		}
		e := known[s.name]
		known[s.name] = expected{max(e.times+times, 0), s.seen}
	}
	recent := func(s chunkSeen) bool { return !s.seen.Before(p.newest.Add(-dedupWindow)) }
	waiting := p.newest.Sub(p.opened) <= dedupPatience
	for _, s := range journaled {
		if s.kind == kindCarried && waiting && now.Sub(s.seen) < maxDedupAge {
			add(s, 1)
		}
	}
	for _, s := range journaled {
		if s.kind == kindRedelivered {
			add(s, -1)
		}
	}
	for _, s := range journaled {
		if s.kind == kindRedelivered && recent(s) {
			add(s, 1)
		}
	}
	// A crash may have come between recording a segment's chunks and removing it.
	inSegments := map[arrival]int{}
	for _, s := range came {
		if recent(s) {
			inSegments[arrivalOf(s)]++
			add(s, 1)
		}
	}
	for _, s := range journaled {
		if s.kind != kindRemoved || !recent(s) {
			continue
		}
		if at := arrivalOf(s); inSegments[at] > 0 {
			inSegments[at]--
			continue
		}
		add(s, 1)
	}
	return known
}

// arrival identifies one of several arrivals of a chunk, by its time: one may be in a segment
// that was removed, and another in one that still exists.
type arrival struct {
	name chunkName
	seen int64 // Unix time in ns
}

func arrivalOf(s chunkSeen) arrival { return arrival{s.name, s.seen.UnixNano()} }

// newestFirst sorts by time of arrival.
func newestFirst(seen []chunkSeen) {
	slices.SortStableFunc(seen, func(a, b chunkSeen) int { return b.seen.Compare(a.seen) })
}

// latest collects the chunks that came last, in bounded memory.
type latest struct{ seen []chunkSeen }

func (l *latest) add(seen []chunkSeen) {
	l.seen = append(l.seen, seen...)
	if len(l.seen) < 4*maxChunks {
		return
	}
	newestFirst(l.seen)
	l.seen = slices.Clone(l.seen[:maxChunks])
}

// newestOf returns when the last chunk came. Times in the future, from before the clock was
// set back, count as now.
func newestOf(found []*Segment, last uint64, journaled []chunkSeen, now time.Time) (newest time.Time) {
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
