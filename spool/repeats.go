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
	// repeatPatience is how long a process waits for chunks to come again: Fluent Bit
	// delivers its backlog first. What has not come by the end of a process that
	// lived shorter may come to the next.
	repeatPatience = 10 * time.Minute
	// repeatMost is for how long a chunk is known at most, whatever happens.
	repeatMost = 24 * time.Hour
	// maxRepeats bounds what is known, by number; the newest are kept.
	maxRepeats = 1 << 16
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
// Chunks of the last process's segments that are still there are read from them;
// those of segments that are gone, and those of processes before, are in a journal.
type repeats struct {
	now     func() time.Time
	journal *journal
	newest  atomic.Int64 // arrival of the newest chunk, Unix time in ns

	mu       sync.Mutex // guards what follows
	waits    time.Time  // since when chunks are waited for
	known    map[chunkName]expected
	answered []sighting // the last ones, for Close
}

// expected is a chunk that may come again.
type expected struct {
	times int
	seen  time.Time
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
	if now.Sub(r.waits).Abs() > repeatPatience {
		r.known = nil
	}
	name := nameOf(stream, f)
	chunk := r.known[name]
	if chunk.times == 0 {
		return false, nil
	}
	if err := r.journal.add([]sighting{{name, now, again}}); err != nil {
		return false, fmt.Errorf("note a repeated chunk: %w", err)
	}
	chunk.times--
	r.known[name] = chunk
	r.remember(name, now)
	return true, nil
}

// refused notes that a chunk could not be taken: Fluent Bit waits with it, and with
// those behind it.
func (r *repeats) refused() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waits = r.now()
}

// restore has the journal written again after its folder was removed.
func (r *repeats) restore() error {
	if r == nil {
		return nil
	}
	return r.journal.renewLater()
}

// gone notes the chunks of segments that are about to be removed, as far as
// they are young. Those of earlier processes are in the journal since Open.
func (r *repeats) gone(segments []*Segment) error {
	if r == nil {
		return nil
	}
	since := time.Unix(0, r.newest.Load()).Add(-repeatWindow)
	var young []sighting
	for _, g := range segments {
		for _, s := range g.youngest() {
			if !s.seen.Before(since) {
				young = append(young, s)
			}
		}
	}
	return r.journal.add(young)
}

// expected returns the newest chunks that may come again, for the journal. It is
// called with mu held, or before anybody else knows r.
func (r *repeats) expected() (list []sighting) {
	for name, e := range r.known {
		for range e.times {
			list = append(list, sighting{name, e.seen, inherited})
		}
	}
	newestFirst(list)
	return list[:min(len(list), maxRepeats)]
}

// close closes the journal. Of the chunks that were answered, Fluent Bit has not
// noted the last ones; the others are forgotten, and all segments up to the ID last
// need not be read. What was expected and has not come may come yet.
func (r *repeats) close(unnoted int, last uint64) error {
	if r == nil {
		return nil
	}
	if unnoted == Unknown {
		return r.journal.close()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if now.Sub(r.waits).Abs() > repeatPatience {
		r.known = nil
	}
	kept := r.expected()
	for _, s := range r.answered[max(0, len(r.answered)-unnoted):] {
		s.kind = inherited
		kept = append(kept, s)
	}
	return errors.Join(r.journal.replace(state{last, now}, kept), r.journal.close())
}
