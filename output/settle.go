package output

import (
	"fmt"
	"time"

	"sluice/internal/contain"
	"sluice/spool"
)

// mostStored is how many jobs may wait to be settled; the shippers wait then.
const mostStored = 64

// settle ends the jobs whose objects are stored until there are no shippers any more:
// as many at once as have come meanwhile, since the disk takes as long for one.
func (o *Output) settle() {
	for j := range o.stored {
		jobs := []*job{j}
		for range len(o.stored) {
			jobs = append(jobs, <-o.stored)
		}
		o.settleAll(jobs)
	}
}

// settleAll ends jobs. When the spool fails, those that are left are done again,
// which finds their objects stored.
func (o *Output) settleAll(left []*job) {
	err := contain.Do(func() error {
		if err := o.index.Keep(); err != nil { // the segments will not tell any more
			return err
		}
		if err := o.commit(left); err != nil {
			return err
		}
		for ; len(left) > 0; left = left[1:] {
			if err := o.conclude(left[0]); err != nil {
				return err
			}
		}
		return nil
	})
	for _, j := range left {
		o.unsettled(j, err)
	}
}

// commit removes the segments of which everything was shipped.
func (o *Output) commit(jobs []*job) error {
	var whole []*spool.Segment
	for _, j := range jobs {
		if j.stored.problems.count == 0 {
			whole = append(whole, j.segment)
		}
	}
	return o.spool.Commit(whole...)
}

// conclude ends a job whose segment is gone, or has to be put aside since parts of
// it could not be shipped.
func (o *Output) conclude(j *job) error {
	done := j.stored
	log := o.opts.Log.With("key", done.target.Key)
	if done.missing > 0 {
		log.Error("log_key is missing in records, which were left out", "log_key", o.opts.Config.LogKey, "records", done.missing)
	}
	if done.undated > 0 {
		o.warnUndated.Do(func() {
			name := o.opts.Config.JSONDateKey
			log.Warn("records have a member with the name of json_date_key, which takes the place of their time: "+
				"set json_date_key to another name",
				"json_date_key", name, "records", done.undated)
		})
	}
	if done.problems.count > 0 {
		reason := fmt.Sprintf("%d records were shipped to %s, without: %s", done.records, done.target, &done.problems)
		if err := o.putAside(j.segment, "parts of a segment cannot be read", reason); err != nil {
			return err
		}
	}
	if done.records > 0 {
		log.Info("stored object", "bytes", done.stored, "records", done.records)
		o.ratios.learn(j.segment.Stream, done.raw, done.stored)
	}
	o.told(Event{ID: j.segment.ID, Key: done.target.Key, Bucket: done.target.Bucket, Segment: j.segment.Size(), Records: done.records, Bytes: done.stored})
	o.queue.done(j, done.records > 0)
	return nil
}

// unsettled gives back a job that the spool could not end.
func (o *Output) unsettled(j *job, err error) {
	wait := backoff(j.attempts, mostBackoff)
	o.opts.Log.Error("the spool cannot be told what became of a segment; it is tried again", "error", err, "next_in", wait.Round(time.Millisecond))
	o.queue.retry(j, wait, ours)
}
