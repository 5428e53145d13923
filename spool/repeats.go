package spool

import (
	"errors"
	"fmt"
	"slices"
	"sync"
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
)

// chunkName is what a chunk is recognised by.
type chunkName struct {
	content, tag uint64 // xxHash64
	size         uint32
}

func nameOf(f Frame) chunkName {
	return chunkName{f.Hash, xxhash.Sum64String(f.Tag), uint32(len(f.Data))}
}

// repeats knows the chunks that came in the last moments before the spool was
// opened. Fluent Bit delivers a chunk again when it was killed, or stopped,
// before it had noted our answer. Each is recognised as often as it had come, so
// that a file that somebody ingests twice is stored twice.
//
// Chunks of segments that are still there are read from them; those of segments
// that are gone are in a journal.
type repeats struct {
	now     func() time.Time
	opened  time.Time
	journal *journal

	mu    sync.Mutex // guards known
	known map[chunkName]int
}

// taken tells whether a chunk is one that was taken before, and counts it. It is
// durable then that it will be recognised after the next crash, too: Fluent Bit
// may not note this answer either.
func (r *repeats) taken(f Frame) (bool, error) {
	if r == nil {
		return false, nil
	}
	name, now := nameOf(f), r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known[name] == 0 {
		return false, nil
	}
	if now.Sub(r.opened).Abs() > repeatPatience {
		r.known = nil
		return false, nil
	}
	if err := r.journal.add([]sighting{{name: name, seen: now, again: true}}); err != nil {
		return false, fmt.Errorf("note a repeated chunk: %w", err)
	}
	r.known[name]--
	return true, nil
}

// gone notes the chunks of a segment that is about to be removed, as far as
// they are young. Those of earlier processes are in the journal since Open.
func (r *repeats) gone(young []sighting) error {
	if r == nil {
		return nil
	}
	first, since := 0, r.now().Add(-repeatWindow)
	for first < len(young) && young[first].seen.Before(since) {
		first++
	}
	return r.journal.add(young[first:])
}

// openRepeats makes the memory of what came last: found are the chunks of the
// segments that are there, and the journal has the others.
func openRepeats(fs FS, path string, found []sighting, now func() time.Time) (*repeats, error) {
	noted, err := readJournal(fs, path)
	if err != nil {
		return nil, err
	}
	r := &repeats{now: now, opened: now(), known: map[chunkName]int{}}
	since := newestOf(found, noted).Add(-repeatWindow)
	// A chunk that is in a segment, in the journal, and in there once more since it
	// was recognised, came once.
	var kept []sighting
	for _, seen := range [][]sighting{found, whichAre(noted, false), whichAre(noted, true)} {
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
	r.journal, err = newJournal(fs, path, kept)
	return r, err
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

func (l *latest) add(f Frame) {
	l.seen = append(l.seen, sighting{name: nameOf(f), seen: f.Time})
	if len(l.seen) < 4*maxRepeats {
		return
	}
	since := newestOf(l.seen).Add(-repeatWindow)
	l.seen = slices.DeleteFunc(l.seen, func(s sighting) bool { return s.seen.Before(since) })
	l.seen = l.seen[max(0, len(l.seen)-maxRepeats):]
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

// close closes the journal.
func (r *repeats) close() error {
	if r == nil {
		return nil
	}
	return r.journal.close()
}
