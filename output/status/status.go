// Package status is what an output says of itself: to Fluent Bit's metrics, and to anyone
// who asks at the socket in its folder.
//
//	listener, err := status.Listen(dir, out.Status)
//	…
//	s, err := status.Ask(ctx, dir) // by another process
package status

import (
	"encoding/json"
	"math"
	"slices"
	"time"
)

// Status is an account of an output at one moment. Its JSON has the names of the metrics
// without their prefix; counters are of this process.
type Status struct {
	Output  string    `json:"output"` // alias or name in Fluent Bit
	Dir     string    `json:"dir"`
	Running bool      `json:"running"`           // false: no process has the folder open
	Process int       `json:"process,omitempty"` // its number
	Started time.Time `json:"started,omitzero"`
	Bucket  string    `json:"bucket"`

	// OK is false while something is wrong, since Since.
	OK    bool      `json:"ok"`
	Since time.Time `json:"since,omitzero"`
	// LastError and Remedy are of what is wrong, or "".
	LastError string `json:"last_error"`
	Remedy    string `json:"remedy"`

	CredentialsSource string  `json:"credentials_source"` // "" while none were found
	CredentialsExpiry Seconds `json:"credentials_expiry_seconds"`

	SpoolBytes      int64    `json:"spool_bytes"`
	SpoolLimit      int64    `json:"spool_limit_bytes"` // 0 for none
	QuarantineBytes int64    `json:"quarantine_bytes"`
	Segments        int      `json:"segments"`
	OldestUnsent    Seconds  `json:"oldest_unsent_seconds"` // 0 if nothing waits
	UploadTimeout   Seconds  `json:"upload_timeout_seconds"`
	Outage          bool     `json:"outage"` // no upload of any stream succeeds
	Uploads         []Upload `json:"uploads"`
	SentPerSecond   int64    `json:"sent_bytes_per_second"`

	LastStored         time.Time                   `json:"last_stored,omitzero"`
	Objects            map[string]int64            `json:"objects_total"` // by result
	StoredBytes        int64                       `json:"stored_bytes_total"`
	Records            int64                       `json:"records_total"`
	Requests           map[string]map[string]int64 `json:"requests_total"`         // by operation and class
	Deferred           map[string]int64            `json:"deferred_chunks_total"`  // by reason
	Overflow           map[string]int64            `json:"overflow_records_total"` // by reason
	Repeated           int64                       `json:"repeated_chunks_total"`
	Damaged            int64                       `json:"damaged_total"`
	CredentialFailures int64                       `json:"credential_failures_total"`
	UploadSeconds      Histogram                   `json:"upload_seconds"`
	ObjectBytes        Histogram                   `json:"object_bytes"`
}

// Upload is an object that is being uploaded.
type Upload struct {
	Key     string  `json:"key"`
	Bytes   int64   `json:"bytes"`       // of data in the segment
	Done    int64   `json:"done_bytes"`  // of them, encoded and sent or about to be
	Age     Seconds `json:"age_seconds"` // since the segment was opened
	Growing bool    `json:"growing"`     // the segment still takes chunks
}

// Histogram counts values. Buckets has one count for each bound, of the values above the
// bound before it and up to this one, and one for those above all.
type Histogram struct {
	Bounds  []float64 `json:"bounds"`
	Buckets []uint64  `json:"buckets"`
	Sum     float64   `json:"sum"`
	Count   uint64    `json:"count"`
}

// Seconds is a period. JSON has null for one that does not end.
type Seconds float64

// Never is a period that does not end.
var Never = Seconds(math.Inf(1))

// SecondsOf returns a period, of which none is negative.
func SecondsOf(d time.Duration) Seconds { return Seconds(max(0, d).Seconds()) }

// Duration returns the period, rounded to a second.
func (s Seconds) Duration() time.Duration {
	if s == Never {
		return math.MaxInt64
	}
	return time.Duration(float64(s) * float64(time.Second)).Round(time.Second)
}

// MarshalJSON implements json.Marshaler.
func (s Seconds) MarshalJSON() ([]byte, error) {
	if s == Never {
		return []byte("null"), nil
	}
	return json.Marshal(float64(s))
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *Seconds) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*s = Never
		return nil
	}
	return json.Unmarshal(text, (*float64)(s))
}

// NewHistogram returns an empty histogram.
func NewHistogram(bounds []float64) Histogram {
	return Histogram{Bounds: bounds, Buckets: make([]uint64, len(bounds)+1)}
}

// Observe counts a value.
func (h *Histogram) Observe(value float64) {
	i, _ := slices.BinarySearch(h.Bounds, value)
	h.Buckets[i]++
	h.Sum += value
	h.Count++
}

// Clone returns a copy.
func (h *Histogram) Clone() Histogram {
	c := *h
	c.Buckets = slices.Clone(h.Buckets)
	return c
}

// Failures returns how often an attempt to store an object has failed.
func (s *Status) Failures() int64 { return s.Objects["error"] }
