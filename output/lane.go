package output

import (
	"cmp"
	"slices"
	"time"

	"sluice/spool"
)

// laneName is a stream; segment tells apart the lanes of a queue without order.
type laneName struct {
	stream  string
	segment uint64
}

// lane holds the jobs of one stream, in the order of their segments' IDs from
// opening on. Only the first is worked on. All is guarded by queue.mu.
type lane struct {
	name     laneName
	jobs     []*job
	state    laneState
	failures int // of the first job, in a row
	due      time.Time
	passing  bool // the last failure was one that passes by itself
}

type laneState uint8

const (
	parked laneState = iota // nothing can be done before its first segment grows or is sealed
	queued                  // in one of the queue's heaps
	busy                    // a worker has its first job
)

// first returns a lane's first job, nil if there is none.
func (l *lane) first() *job {
	if len(l.jobs) == 0 {
		return nil
	}
	return l.jobs[0]
}

// find returns the job of a segment, nil if there is none.
func (l *lane) find(seg *spool.Segment) *job {
	for _, j := range slices.Backward(l.jobs) { // an active segment is the last one
		if j.segment == seg {
			return j
		}
	}
	return nil
}

// append adds the job of a segment that was opened after all others.
func (l *lane) append(seg *spool.Segment) *job {
	j := &job{segment: seg, lane: l}
	l.jobs = append(l.jobs, j)
	return j
}

// removeFirst ends a lane's first job.
func (l *lane) removeFirst() {
	l.jobs[0] = nil // for the garbage collector
	l.jobs, l.failures = l.jobs[1:], 0
}

// job is a segment on its way into an object. The worker that has taken it owns the
// first fields; queue.mu guards the others.
type job struct {
	segment   *spool.Segment
	shipment  *shipment // that was begun
	stored    *shipped  // its object is there, and only the spool has to be told
	tidyTries int       // that have failed since it is there
	again     bool      // a shipment was aborted
	bucket    string    // it goes to instead of its own, which does not exist
	attempts  int       // that have failed
	own       int       // those of them whose cause was not the server
	panics    int       // those of them that were panics

	lane  *lane
	state jobState
	raw   int64 // bytes of data that were encoded before the segment was sealed
	size  int64 // and what they became
}

type jobState uint8

const (
	active    jobState = iota // the segment takes frames
	eager                     // likewise, and its object is begun
	refused                   // likewise, but its object could not be begun: left alone until the segment is sealed
	sealed                    // to be shipped whole
	finishing                 // likewise, and its object was begun before
)

// whole reports whether the segment takes no more frames.
func (s jobState) whole() bool { return s == sealed || s == finishing }

// lanes is a heap (container/heap).
type lanes struct {
	all  []*lane
	less func(a, b *lane) int
}

func byAge(a, b *lane) int { return cmp.Compare(a.jobs[0].segment.ID, b.jobs[0].segment.ID) }

func byDue(a, b *lane) int { return a.due.Compare(b.due) }

func (h *lanes) Len() int           { return len(h.all) }
func (h *lanes) Less(i, j int) bool { return h.less(h.all[i], h.all[j]) < 0 }
func (h *lanes) Swap(i, j int)      { h.all[i], h.all[j] = h.all[j], h.all[i] }
func (h *lanes) Push(l any)         { h.all = append(h.all, l.(*lane)) }

// Pop takes the last one.
func (h *lanes) Pop() any {
	last := len(h.all) - 1
	l := h.all[last]
	h.all[last] = nil
	h.all = h.all[:last]
	return l
}
