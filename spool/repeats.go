package spool

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cespare/xxhash/v2"
)

// ErrRepeated is what Append says of a chunk that it has taken before.
var ErrRepeated = errors.New("chunk was taken before")

const (
	// repeatWindow is how long before the end of a process a chunk must have come
	// to be recognised after it. Fluent Bit notes our answer within moments, or at
	// a stop within its grace.
	repeatWindow = time.Minute
	// repeatPatience is how long after Open chunks are recognised: Fluent Bit
	// delivers its backlog first.
	repeatPatience = 10 * time.Minute
	// maxRepeats bounds what is known, by number; the newest are kept.
	maxRepeats = 1 << 16
	// maxStarts is how many starts a chunk is known for without coming again.
	maxStarts = 100
	// maxAnswered bounds how many of the last answers Close may be told not to have
	// been noted.
	maxAnswered = 64
)

// chunkName is what a chunk is recognised by.
type chunkName struct {
	content, tag uint64 // xxHash64; that of the tag covers the stream, too
	size         uint32
}

// nameOf names a chunk of a stream: the same folder may have had another
// destination before, to which the chunk has not gone.
func nameOf(stream string, f Frame) chunkName {
	return chunkName{f.Hash, xxhash.Sum64String(stream + "\x00" + f.Tag), uint32(f.raw)}
}

// repeats knows the chunks that came in the last moments before the spool was
// opened. Fluent Bit delivers a chunk again when it was killed, or stopped,
// before it had noted our answer. Each is recognised as often as it had come, so
// that a file that somebody ingests twice is stored twice. After a stop only those
// count whose answer Fluent Bit had not noted, as far as it tells.
//
// Chunks of segments that are still there are read from them; those of segments
// that are gone are in a journal.
type repeats struct {
	now     func() time.Time
	opened  time.Time
	journal *journal
	newest  atomic.Int64 // arrival of the newest chunk, Unix time in ns

	mu       sync.Mutex // guards what follows
	known    map[chunkName]int
	answered []sighting // the last ones, for Close
}

// saw notes that a chunk is durable.
func (r *repeats) saw(name chunkName, t time.Time) {
	if r == nil {
		return
	}
	r.newest.Store(t.UnixNano())
	r.mu.Lock()
	defer r.mu.Unlock()
	r.remember(name, t)
}

// remember is called with mu held.
func (r *repeats) remember(name chunkName, t time.Time) {
	if len(r.answered) >= 2*maxAnswered {
		r.answered = slices.Delete(r.answered, 0, maxAnswered)
	}
	r.answered = append(r.answered, sighting{name: name, seen: t})
}

// taken tells whether a chunk is one that was taken before, and counts it. It is
// durable then that it will be recognised after the next crash, too: Fluent Bit
// may not note this answer either.
func (r *repeats) taken(stream string, f Frame) (bool, error) {
	if r == nil {
		return false, nil
	}
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.known) > 0 && now.Sub(r.opened).Abs() > repeatPatience {
		r.known = nil
	}
	if len(r.known) == 0 {
		return false, nil
	}
	name := nameOf(stream, f)
	if r.known[name] == 0 {
		return false, nil
	}
	if err := r.journal.add([]sighting{{name: name, seen: now, again: true}}); err != nil {
		return false, fmt.Errorf("note a repeated chunk: %w", err)
	}
	r.known[name]--
	r.remember(name, now)
	return true, nil
}

// gone notes the chunks of a segment that is about to be removed, as far as
// they are young. Those of earlier processes are in the journal since Open.
func (r *repeats) gone(young []sighting) error {
	if r == nil {
		return nil
	}
	first, since := 0, time.Unix(0, r.newest.Load()).Add(-repeatWindow)
	for first < len(young) && young[first].seen.Before(since) {
		first++
	}
	return r.journal.add(young[first:])
}

// openRepeats makes the memory of what came last, from the segments that were
// found and from the journal, which has the others. A journal that cannot be read
// or written is no reason not to open: a full disk is emptied by shipping.
func openRepeats(fs FS, path, writer string, found []*Segment, now func() time.Time) (*repeats, error) {
	r := &repeats{now: now, opened: now(), known: map[chunkName]int{}, journal: &journal{fs: fs, path: path, writer: writer}}
	noted, journaled, readErr := readJournal(fs, path)
	newest := newestOf(journaled)
	for _, g := range found {
		if g.sum.latest.After(newest) {
			newest = g.sum.latest
		}
	}
	came := sightings(found, noted, newest.Add(-repeatWindow).UnixNano())
	// A clock that was set back has left times that have not come yet.
	for _, seen := range [][]sighting{came, journaled} {
		for i := range seen {
			if seen[i].seen.After(r.opened) {
				seen[i].seen = r.opened
			}
		}
		newestFirst(seen)
	}
	since := newestOf(came, journaled).Add(-repeatWindow)
	// A chunk that is in a segment, in the journal, and in there once more since it
	// was recognised, came once.
	var kept []sighting
	for _, seen := range [][]sighting{came, whichAre(journaled, false), whichAre(journaled, true)} {
		count := map[chunkName]int{}
		for _, s := range seen {
			if s.seen.Before(since) || s.starts >= maxStarts {
				continue
			}
			if count[s.name]++; count[s.name] > r.known[s.name] && len(kept) < maxRepeats {
				r.known[s.name] = count[s.name]
				kept = append(kept, sighting{name: s.name, seen: r.opened, starts: s.starts + 1})
			}
		}
	}
	return r, errors.Join(readErr, r.journal.replace(noted, kept))
}

// newestFirst sorts by time.
func newestFirst(seen []sighting) {
	slices.SortStableFunc(seen, func(a, b sighting) int { return b.seen.Compare(a.seen) })
}

// whichAre returns those that were recognised, or those that were not.
func whichAre(all []sighting, again bool) (some []sighting) {
	for _, s := range all {
		if s.again == again {
			some = append(some, s)
		}
	}
	return some
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

func newestOf(all ...[]sighting) (newest time.Time) {
	for _, seen := range all {
		for _, s := range seen {
			if s.seen.After(newest) {
				newest = s.seen
			}
		}
	}
	return newest
}

// close closes the journal. Of the chunks that were answered, Fluent Bit has not
// noted the last ones; the others, and all segments up to the ID last, are
// forgotten.
func (r *repeats) close(unnoted int, last uint64) error {
	if r == nil {
		return nil
	}
	if unnoted == Unknown {
		return r.journal.close()
	}
	r.mu.Lock()
	kept := r.answered[max(0, len(r.answered)-unnoted):]
	r.mu.Unlock()
	return errors.Join(r.journal.replace(last, kept), r.journal.close())
}
