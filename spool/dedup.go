package spool

import (
	"errors"
	"fmt"
	"slices"
	"sync"
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

// nameIn returns the name of the chunk that a frame of a stream's segment belongs to. Of a
// divided chunk only the first part has it.
func nameIn(stream string, f Frame) (name chunkName, ok bool) {
	if f.part == nil {
		return nameOf(stream, f), true
	}
	return f.part.whole, f.part.whole != chunkName{}
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

	mu       sync.Mutex // guards what follows
	waits    time.Time  // since when chunks are expected
	known    map[chunkName]expected
	answered []answered // those of the last minute, and the last maxUnacked, in order
}

// answered is a chunk that this process answered OK.
type answered struct {
	chunkSeen
	segment uint64 // ID of the segment that holds it; 0 if the journal has it
}

// expected is a chunk that may be delivered again.
type expected struct {
	times int
	seen  time.Time
}

// record records that a chunk is durable in a segment. It must not be called for others:
// to recognise a chunk that was not accepted would be to lose it.
func (r *dedup) record(name chunkName, t time.Time, segment uint64) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.remember(name, t, segment)
}

// remember adds a chunk to answered. Once the older half is out of date, it is dropped. It
// is called with mu held.
func (r *dedup) remember(name chunkName, t time.Time, segment uint64) {
	r.answered = append(r.answered, answered{chunkSeen{name: name, seen: t}, segment})
	half := len(r.answered) / 2
	old := half >= maxChunks || r.answered[half].seen.Before(t.Add(-dedupWindow))
	if old && half >= maxUnacked {
		r.answered = slices.Clone(r.answered[half:])
	}
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
	r.remember(name, now, 0)
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
// journal, once. Those of earlier processes are there since Open.
func (r *dedup) recordRemoved(segments []*Segment) error {
	if r == nil {
		return nil
	}
	removed := map[uint64]bool{}
	for _, g := range segments {
		removed[g.ID] = true
	}
	if err := r.journal.add(r.recentIn(removed)); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.answered {
		if removed[r.answered[i].segment] {
			r.answered[i].segment = 0
		}
	}
	return nil
}

// recentIn returns the recent chunks of segments.
func (r *dedup) recentIn(segments map[uint64]bool) (recent []chunkSeen) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.answered) == 0 {
		return nil
	}
	since := r.answered[len(r.answered)-1].seen.Add(-dedupWindow)
	for _, a := range r.answered {
		if segments[a.segment] && !a.seen.Before(since) {
			recent = append(recent, a.chunkSeen)
		}
	}
	return recent
}

// outstanding returns the newest chunks that may be delivered again, for the journal. It is
// called with mu held, or before r is shared.
func (r *dedup) outstanding() (list []chunkSeen) {
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
	kept := r.outstanding()
	for _, a := range r.answered[max(0, len(r.answered)-unacked):] {
		kept = append(kept, chunkSeen{a.name, a.seen, kindCarried})
	}
	return errors.Join(r.journal.replace(state{last, now}, kept), r.journal.close())
}
