package main

/*
#include "metrics.h"
*/
import "C"

import (
	"maps"
	"slices"
	"time"

	"sluice/output/status"
)

// family is a metric: fluentbit_output_sluice_NAME. One of the functions reads its values.
type family struct {
	kind   C.int
	name   string
	help   string
	labels []string // besides name
	// number reads the value of a metric without labels.
	number func(*status.Status) float64
	// byLabel reads the values of a metric with one label, byLabels with two.
	byLabel   func(*status.Status) map[string]int64
	byLabels  func(*status.Status) map[string]map[string]int64
	histogram func(*status.Status) *status.Histogram
}

// labelled is one series of a family.
type labelled struct {
	labels []string
	number func(*status.Status) float64
}

// expand returns a family's series: those that a status has.
func (f family) expand(now *status.Status) (all []labelled) {
	switch {
	case f.byLabel != nil:
		for _, value := range slices.Sorted(maps.Keys(f.byLabel(now))) {
			all = append(
				all,
				labelled{[]string{value}, func(s *status.Status) float64 { return float64(f.byLabel(s)[value]) }},
			)
		}
	case f.byLabels != nil:
		first := f.byLabels(now)
		for _, a := range slices.Sorted(maps.Keys(first)) {
			for _, b := range slices.Sorted(maps.Keys(first[a])) {
				all = append(
					all,
					labelled{[]string{a, b}, func(s *status.Status) float64 { return float64(f.byLabels(s)[a][b]) }},
				)
			}
		}
	default:
		all = []labelled{{nil, f.number}}
	}
	return all
}

// families returns all metrics (docs/monitoring.md).
func families() []family {
	return slices.Concat(counterFamilies(), gaugeFamilies(), []family{
		{
			kind:      C.SLUICE_HISTOGRAM,
			name:      "upload_seconds",
			help:      "Seconds from the sealing of a segment's data to its object in S3.",
			histogram: func(s *status.Status) *status.Histogram { return &s.UploadSeconds },
		},
		{kind: C.SLUICE_HISTOGRAM, name: "object_bytes", help: "Sizes of the stored objects.",
			histogram: func(s *status.Status) *status.Histogram { return &s.ObjectBytes }},
	})
}

func counterFamilies() []family {
	counter := func(name, help string, number func(*status.Status) int64) family {
		return family{kind: C.SLUICE_COUNTER, name: name, help: help,
			number: func(s *status.Status) float64 { return float64(number(s)) }}
	}
	return []family{
		{kind: C.SLUICE_COUNTER, name: "objects_total", help: "Objects by what became of them, and failed attempts.",
			labels: []string{"result"}, byLabel: func(s *status.Status) map[string]int64 { return s.Objects }},
		counter(
			"stored_bytes_total",
			"Bytes of the stored objects.",
			func(s *status.Status) int64 { return s.StoredBytes },
		),
		counter("records_total", "Records in the stored objects.", func(s *status.Status) int64 { return s.Records }),
		{kind: C.SLUICE_COUNTER, name: "requests_total", help: "Requests to S3 by operation and answer.",
			labels:   []string{"operation", "class"},
			byLabels: func(s *status.Status) map[string]map[string]int64 { return s.Requests }},
		{
			kind:    C.SLUICE_COUNTER,
			name:    "deferred_chunks_total",
			help:    "Chunks that were not accepted and that Fluent Bit keeps.",
			labels:  []string{"reason"},
			byLabel: func(s *status.Status) map[string]int64 { return s.Deferred },
		},
		{
			kind:    C.SLUICE_COUNTER,
			name:    "overflow_records_total",
			help:    "Records that are not under the key that their fields or their time make.",
			labels:  []string{"reason"},
			byLabel: func(s *status.Status) map[string]int64 { return s.Overflow },
		},
		counter("repeated_chunks_total", "Chunks that Fluent Bit delivered again and that were not stored twice.",
			func(s *status.Status) int64 { return s.Repeated }),
		counter("damaged_total", "Segments of which not everything could be read.",
			func(s *status.Status) int64 { return s.Damaged }),
		counter("credential_failures_total", "Searches for AWS credentials that failed, and keys that S3 refused.",
			func(s *status.Status) int64 { return s.CredentialFailures }),
	}
}

func gaugeFamilies() []family {
	gauge := func(name, help string, number func(*status.Status) float64) family {
		return family{kind: C.SLUICE_GAUGE, name: name, help: help, number: number}
	}
	return []family{
		gauge("spool_bytes", "Bytes of the segments in the spool.",
			func(s *status.Status) float64 { return float64(s.SpoolBytes) }),
		gauge("spool_limit_bytes", "store_dir_limit_size, 0 for none.",
			func(s *status.Status) float64 { return float64(s.SpoolLimit) }),
		gauge("segments", "Segments in the spool.",
			func(s *status.Status) float64 { return float64(s.Segments) }),
		gauge("oldest_unsent_seconds", "Age of the oldest data that is not in S3, 0 if there is none.",
			func(s *status.Status) float64 { return float64(s.OldestUnsent) }),
		gauge("quarantine_bytes", "Bytes of the quarantine.",
			func(s *status.Status) float64 { return float64(s.QuarantineBytes) }),
		gauge("outage", "1 while no upload of any stream succeeds.",
			func(s *status.Status) float64 { return oneIf(s.Outage) }),
		gauge("healthy", "1 while nothing is wrong.",
			func(s *status.Status) float64 { return oneIf(s.OK) }),
		gauge(
			"credentials_expiry_seconds",
			"What is left of the AWS credentials: 0 for none, +Inf if they do not expire.",
			func(s *status.Status) float64 { return float64(s.CredentialsExpiry) },
		),
		gauge("upload_timeout_seconds", "The property upload_timeout.",
			func(s *status.Status) float64 { return float64(s.UploadTimeout) }),
		gauge("last_stored_timestamp_seconds", "When the last object was stored, 0 for never.", lastStored),
	}
}

func lastStored(s *status.Status) float64 {
	if s.LastStored.IsZero() {
		return 0
	}
	return float64(s.LastStored.UnixMilli()) / float64(time.Second/time.Millisecond)
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// cumulative returns counts as cmetrics keeps them: each with all before it.
func cumulative(counts []uint64) []uint64 {
	sums := slices.Clone(counts)
	for i := 1; i < len(sums); i++ {
		sums[i] += sums[i-1]
	}
	return sums
}
