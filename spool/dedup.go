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

// ErrDuplicate is returned by Append for a chunk that was accepted before.
var ErrDuplicate = errors.New("chunk was accepted before")

const (
	// dedupWindow is how long before the end of a process a chunk may have been accepted
	// and still be delivered again: Fluent Bit records our answer within moments, at a
	// stop within its grace period.
	dedupWindow = time.Minute
	// dedupPatience is how long a process expects chunks to be delivered again: Fluent
	// Bit delivers its backlog first. What is outstanding at the end of a process that
	// lived shorter is expected by the next.
	dedupPatience = 10 * time.Minute
	// maxDedupAge is the longest time that a chunk is expected.
	maxDedupAge = 24 * time.Hour
	// maxChunks bounds how many chunks are known; the newest are kept.
	maxChunks = 1 << 16
	// maxUnacked bounds the unacked argument of Close.
	maxUnacked = 64
)

// chunkName identifies a chunk.
type chunkName struct {
	content, tag uint64 // xxHash64; that of the tag covers the stream, too
	size         uint32
}

// nameOf names a chunk. The name covers the stream: the folder may have had another
// destination before, which the same chunk did not go to.
func nameOf(stream string, f Frame) chunkName {
	return chunkName{f.Hash, xxhash.Sum64String(stream + "\x00" + f.Tag), uint32(f.raw)}
}

// dedup knows the chunks that were accepted shortly before the spool was opened. Fluent
// Bit delivers a chunk again if it was killed, or stopped, before it had recorded our
// answer. Each is recognised as often as it had come, so that a file that is ingested
// twice is stored twice. After a stop only those count whose answer Fluent Bit had not
// recorded, as far as its metrics show.
//
// The chunks of segments that still exist are read from them; those of removed segments,
// and of earlier processes, are in a journal.
type dedup struct {
	now     func() time.Time
	journal *journal
	newest  atomic.Int64 // arrival of the newest chunk, Unix time in ns

	mu       sync.Mutex // guards what follows
	waits    time.Time  // since when chunks are expected
	known    map[chunkName]expected
	answered []chunkSeen // the last ones, for Close
}

// expected is a chunk that may be delivered again.
type expected struct {
	times int
	seen  time.Time
}

// record records that a chunk is durable.
func (r *dedup) record(name chunkName, t time.Time) {
	if r == nil {
		return
	}
	r.newest.Store(t.UnixNano())
	r.mu.Lock()
	defer r.mu.Unlock()
	r.remember(name, t)
}

// remember is called with mu held.
func (r *dedup) remember(name chunkName, t time.Time) {
	if len(r.answered) >= 2*maxUnacked {
		r.answered = slices.Delete(r.answered, 0, maxUnacked)
	}
	r.answered = append(r.answered, chunkSeen{name: name, seen: t})
}

// isDuplicate reports whether a chunk was accepted before. It first makes durable that the
// chunk came again, so that it is recognised after the next crash, too: Fluent Bit may not
// record this answer either.
func (r *dedup) isDuplicate(stream string, f Frame) (bool, error) {
	if r == nil {
		return false, nil
	}
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.waits).Abs() > dedupPatience {
		r.known = nil
	}
	name := nameOf(stream, f)
	chunk := r.known[name]
	if chunk.times == 0 {
		return false, nil
	}
	if err := r.journal.add([]chunkSeen{{name, now, kindRedelivered}}); err != nil {
		return false, fmt.Errorf("record a duplicate chunk: %w", err)
	}
	chunk.times--
	r.known[name] = chunk
	r.remember(name, now)
	return true, nil
}

// delay extends the time for which chunks are expected: one could not be accepted, and
// Fluent Bit holds it and those behind it back.
func (r *dedup) delay() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waits = r.now()
}

// restore makes the journal be written again after its folder was removed.
func (r *dedup) restore() error {
	if r == nil {
		return nil
	}
	return r.journal.renewLater()
}

// recordRemoved adds the recent chunks of segments that are about to be removed to the
// journal. Those of earlier processes are there since Open.
func (r *dedup) recordRemoved(segments []*Segment) error {
	if r == nil {
		return nil
	}
	since := time.Unix(0, r.newest.Load()).Add(-dedupWindow)
	var young []chunkSeen
	for _, g := range segments {
		for _, s := range g.recentChunks() {
			if !s.seen.Before(since) {
				young = append(young, s)
			}
		}
	}
	return r.journal.add(young)
}

// expected returns the newest chunks that may be delivered again, for the journal. It is
// called with mu held, or before r is shared.
func (r *dedup) expected() (list []chunkSeen) {
	for name, e := range r.known {
		for range e.times {
			list = append(list, chunkSeen{name, e.seen, kindCarried})
		}
	}
	newestFirst(list)
	return list[:min(len(list), maxChunks)]
}

// close closes the journal. Of the chunks that were answered it keeps the unacked last
// ones, and those that are still expected. Segments up to the ID last need not be read.
func (r *dedup) close(unacked int, last uint64) error {
	if r == nil {
		return nil
	}
	if unacked == Unknown {
		return r.journal.close()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if now.Sub(r.waits).Abs() > dedupPatience {
		r.known = nil
	}
	kept := r.expected()
	for _, s := range r.answered[max(0, len(r.answered)-unacked):] {
		s.kind = kindCarried
		kept = append(kept, s)
	}
	return errors.Join(r.journal.replace(state{last, now}, kept), r.journal.close())
}
