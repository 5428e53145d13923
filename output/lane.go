package output

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"

	"sluice/output/s3"
	"sluice/spool"
)

// laneName is a stream. In a queue without order segment is set, too: there each segment
// has its own lane.
type laneName struct {
	stream  string
	segment uint64
}

// lane holds the jobs of one stream, in the order of their segments' IDs, from opening
// on. Only the first job is worked on. queue.mu guards all fields.
type lane struct {
	name      laneName
	jobs      []*job
	state     laneState
	failures  int // of the first job, in a row
	due       time.Time
	transient bool // the last failure was transient
}

type laneState uint8

const (
	parked laneState = iota // nothing to do until its first segment grows or is sealed
	queued                  // in one of the queue's heaps
	busy                    // a worker holds its first job
)

// first returns the lane's first job, or nil.
func (l *lane) first() *job {
	if len(l.jobs) == 0 {
		return nil
	}
	return l.jobs[0]
}

// find returns the job of a segment, or nil.
func (l *lane) find(seg *spool.Segment) *job {
	for _, j := range slices.Backward(l.jobs) { // an active segment is the last one
		if j.segment == seg {
			return j
		}
	}
	return nil
}

// append adds the job of a segment that was opened after all others in the lane.
func (l *lane) append(seg *spool.Segment) *job {
	j := &job{segment: seg, lane: l}
	l.jobs = append(l.jobs, j)
	return j
}

// removeFirst removes the lane's first job.
func (l *lane) removeFirst() {
	l.jobs[0] = nil // for the garbage collector
	l.jobs, l.failures = l.jobs[1:], 0
}

// job is a segment on its way to becoming an object. The worker that holds it owns the
// first fields; queue.mu guards the others.
type job struct {
	segment          *spool.Segment
	shipment         *shipment      // begun, or nil
	stored           *result        // its object is stored, and only the commit is missing
	staleTries       int            // failed attempts to abort stale uploads
	aborted          bool           // an earlier shipment was aborted
	attributes       *s3.Attributes // in place of those that were refused
	bucket           string         // where it goes if its own bucket does not exist
	attempts         int            // failed ones
	internalFailures int            // failed attempts that were not the server's fault
	panics           int            // failed attempts that panicked
	progress         atomic.Int64   // bytes of data that were encoded in this attempt

	lane  *lane
	state jobState
	raw   int64 // bytes of data that were encoded eagerly
	size  int64 // their encoded size
}

type jobState uint8

const (
	active    jobState = iota // the segment still takes frames
	eager                     // active, and its upload has begun
	refused                   // active, but the eager upload failed: nothing to do until it is sealed
	sealed                    // to be shipped from its start
	finishing                 // sealed, and the rest of its eager upload is to be shipped
)

// isSealed reports whether the job's segment takes no more frames.
func (s jobState) isSealed() bool { return s == sealed || s == finishing }

// lanes is a heap of lanes (container/heap).
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

// Pop removes and returns the last element.
func (h *lanes) Pop() any {
	last := len(h.all) - 1
	l := h.all[last]
	h.all[last] = nil
	h.all = h.all[:last]
	return l
}
