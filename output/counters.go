package output

import (
	"sync"
	"sync/atomic"
	"time"

	"sluice/output/s3"
	"sluice/output/status"
)

// outcome is what became of an object, or of one attempt to store it.
type outcome uint8

const (
	stored      outcome = iota
	failed              // an attempt; the segment stays in the spool
	quarantined         // not stored, or not all of it
	deleted             // as configured
	vanished            // its file was deleted by another program
)

// deferral is why a chunk was not accepted.
type deferral uint8

const (
	spoolFull deferral = iota // store_dir_limit_size is reached
	diskFull
	otherError
)

// overflow is why a record is not under the key that its fields or its time make.
type overflow uint8

const (
	tooOld      overflow = iota // key_time_max_age
	ahead                       // more than an hour
	tooMany                     // key_max_streams
	otherBucket                 // not in bucket_allow
)

// Names of the labels of our metrics.
var (
	// Outcomes are the values of objects_total's label result.
	Outcomes = [...]string{
		stored:      "ok",
		failed:      "error",
		quarantined: "quarantined",
		deleted:     "deleted",
		vanished:    "lost",
	}
	// Deferrals are the values of deferred_chunks_total's label reason.
	Deferrals = [...]string{spoolFull: "spool_full", diskFull: "disk_full", otherError: "error"}
	// Overflows are the values of overflow_records_total's label reason.
	Overflows = [...]string{tooOld: "late", ahead: "future", tooMany: "streams", otherBucket: "bucket"}
)

// Bounds of the histograms.
var (
	secondsBounds = []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300}
	bytesBounds   = []float64{1e4, 1e5, 1e6, 5e6, 1e7, 2.5e7, 5e7, 1e8, 2.5e8, 1e9, 1e10}
)

// counters count what an output has done. They are safe for concurrent use.
type counters struct {
	objects  [len(Outcomes)]atomic.Int64
	deferred [len(Deferrals)]atomic.Int64
	overflow [len(Overflows)]atomic.Int64
	requests [len(s3.Operations)][len(s3.Classes)]atomic.Int64

	bytes, records, repeated, damaged, noCredentials atomic.Int64

	lastStored atomic.Int64 // Unix time in nanoseconds, 0 for none

	mu      sync.Mutex // guards what follows
	seconds status.Histogram
	sizes   status.Histogram
}

// histograms returns the histograms. It is called with mu held.
func (c *counters) histograms() (seconds, sizes *status.Histogram) {
	if c.seconds.Bounds == nil {
		c.seconds, c.sizes = status.NewHistogram(secondsBounds), status.NewHistogram(bytesBounds)
	}
	return &c.seconds, &c.sizes
}

// request is an s3.Options.OnRequest.
func (c *counters) request(operation string, class s3.Class) {
	for i, name := range s3.Operations {
		if name == operation {
			c.requests[i][class].Add(1)
		}
	}
}

// store counts an object that is stored now.
func (c *counters) store(r *result, now time.Time) {
	c.lastStored.Store(now.UnixNano())
	c.objects[stored].Add(1)
	c.bytes.Add(r.stored)
	c.records.Add(r.records)
	c.mu.Lock()
	defer c.mu.Unlock()
	seconds, sizes := c.histograms()
	seconds.Observe(r.seconds)
	sizes.Observe(float64(r.stored))
}

// fill writes the counters into a status.
func (c *counters) fill(s *status.Status) {
	s.Objects, s.Deferred = names(Outcomes[:], c.objects[:]), names(Deferrals[:], c.deferred[:])
	s.Overflow = names(Overflows[:], c.overflow[:])
	s.Requests = map[string]map[string]int64{}
	for i, operation := range s3.Operations {
		s.Requests[operation] = names(s3.Classes[:], c.requests[i][:])
	}
	s.StoredBytes, s.Records = c.bytes.Load(), c.records.Load()
	s.Repeated, s.Damaged, s.CredentialFailures = c.repeated.Load(), c.damaged.Load(), c.noCredentials.Load()
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := c.lastStored.Load(); at != 0 {
		s.LastStored = time.Unix(0, at)
	}
	seconds, sizes := c.histograms()
	s.UploadSeconds, s.ObjectBytes = seconds.Clone(), sizes.Clone()
}

// names returns counts by name.
func names(all []string, counts []atomic.Int64) map[string]int64 {
	byName := make(map[string]int64, len(all))
	for i, name := range all {
		byName[name] = counts[i].Load()
	}
	return byName
}
