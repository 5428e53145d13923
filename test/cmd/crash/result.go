package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"sluice/test/testenv"
)

// result is what became of a trial.
type result struct {
	settings
	done       int // signals
	recoveries int // starts of an output that found something in its spool
	repeats    int // chunks that were delivered again and recognised
	faults     int // requests that met a fault
	restarts   int // of the S3 server
	objects    int
	parts      int // objects that were uploaded in parts
	accepted   int // ids
	unsure     int // ids whose answer was lost: they may be there, once
	arrived    int // of the unsure
	missing    int // accepted, but in no object
	twice      int // records beyond the first of their id
	uploads    int // unfinished multipart uploads
	took       time.Duration
	story      string // which ids are missing or twice, and where
}

// partSize is upload_chunk_size: what is larger is uploaded in parts.
const partSize = 5_242_880

// count compares what was accepted with what is on S3.
func (t *trial) count(ctx context.Context) (result, error) {
	r := result{settings: t.settings, done: t.done, restarts: t.weather.restarts}
	for fault, n := range t.weather.front.Met() {
		if fault != testenv.NoFault {
			r.faults += n
		}
	}
	log, err := os.ReadFile(t.log())
	if err != nil {
		return r, err
	}
	r.recoveries = strings.Count(string(log), "shipping what an earlier run left in the spool")
	r.repeats = strings.Count(string(log), "delivered again and is not stored twice")
	if err := r.look(ctx, t.weather.bucket()); err != nil {
		return r, err
	}
	var lines []testenv.Lines
	for _, s := range t.victim.streams() {
		lines = append(lines, s.Lines)
	}
	tally := testenv.NewTally(lines...)
	if err := tally.Bucket(ctx, t.weather.bucket()); err != nil {
		return r, err
	}
	for i, c := range tally.Counts() {
		r.add(t.victim.streams()[i], c)
	}
	if r.missing+r.twice > 0 {
		r.story += tally.String()
	}
	return r, nil
}

func (r *result) look(ctx context.Context, b testenv.Bucket) error {
	objects, err := b.List(ctx)
	if err != nil {
		return err
	}
	r.objects = len(objects)
	for _, o := range objects {
		if o.Size > partSize {
			r.parts++
		}
	}
	uploads, err := b.Uploads(ctx)
	r.uploads = len(uploads)
	return err
}

// add adds one stream.
func (r *result) add(s *stream, c *testenv.Count) {
	unsure := make([]bool, s.Count)
	for _, span := range s.unsure {
		for n := span.first; n < span.end; n++ {
			unsure[n] = true
		}
	}
	for n := range s.Count {
		switch {
		case unsure[n] && c.Has(n):
			r.unsure++
			r.arrived++
		case unsure[n]:
			r.unsure++
		default:
			r.accepted++
			if !c.Has(n) {
				r.missing++
				r.story += fmt.Sprintf("missing: %s%09d\n", s.Mark, n)
			}
		}
	}
	r.twice += c.Twice
}

// err is nil if every accepted id is there once, and nothing else is left.
func (r result) err() error {
	if r.missing+r.twice+r.uploads > 0 {
		return fmt.Errorf("%d ids missing, %d records twice, %d multipart uploads left\n%s", r.missing, r.twice,
			r.uploads, r.story)
	}
	return nil
}

// String describes a trial.
func (r result) String() string {
	return fmt.Sprintf("%s: %d of %d ids there, %d unsure of which %d are there, %d missing, %d twice, in %.0f s",
		r.settings, r.accepted-r.missing, r.accepted, r.unsure, r.arrived, r.missing, r.twice, r.took.Seconds())
}

// table has a line for each trial.
func table(results []result) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w,
		"signal\tworkers\tkills\trecoveries\trepeated chunks\tfaulty requests\tS3 restarts\tobjects\tin "+
			"parts\tuploads left\taccepted\tunsure\tarrived\tmissing\ttwice\tseconds\t")
	for _, r := range results {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%.0f\t\n",
			signalName(r.signal), r.workers, r.done, r.recoveries, r.repeats, r.faults, r.restarts,
			r.objects, r.parts, r.uploads, r.accepted, r.unsure, r.arrived, r.missing, r.twice, r.took.Seconds())
	}
	_ = w.Flush() // to memory
	return b.String()
}
