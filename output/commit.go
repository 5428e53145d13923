package output

import (
	"fmt"
	"time"

	"sluice/internal/contain"
	"sluice/spool"
)

// maxStored is how many jobs may wait for their commit before the shippers have to wait.
const maxStored = 64

// commitLoop commits stored jobs until the shippers exit, in batches: a batch costs one sync.
func (o *Output) commitLoop() {
	for j := range o.toCommit {
		jobs := []*job{j}
		for range len(o.toCommit) {
			jobs = append(jobs, <-o.toCommit)
		}
		o.commitJobs(jobs)
	}
}

// commitJobs commits jobs. If the spool fails, those that are left are requeued; the next
// attempt finds their objects stored.
func (o *Output) commitJobs(left []*job) {
	err := contain.Do(func() error {
		if err := o.index.Persist(); err != nil { // the segments that record it are about to go
			return err
		}
		if err := o.removeSegments(left); err != nil {
			return err
		}
		for ; len(left) > 0; left = left[1:] {
			if err := o.finishJob(left[0]); err != nil {
				return err
			}
		}
		return nil
	})
	for _, j := range left {
		o.requeueCommit(j, err)
	}
}

// removeSegments removes the segments that were shipped completely.
func (o *Output) removeSegments(jobs []*job) error {
	var whole []*spool.Segment
	for _, j := range jobs {
		if j.stored.problems.count == 0 {
			whole = append(whole, j.segment)
		}
	}
	return o.spool.Commit(whole...)
}

// finishJob ends a job whose segment was removed, or quarantines it if parts of it could
// not be shipped.
func (o *Output) finishJob(j *job) error {
	done := j.stored
	log := o.opts.Log.With("key", done.target.Key)
	if done.missing > 0 {
		log.Error("records without log_key were left out", "log_key", o.opts.Config.LogKey, "records", done.missing)
	}
	if done.undated > 0 {
		o.warnUndated.Do(func() {
			name := o.opts.Config.JSONDateKey
			log.Warn("set json_date_key to another name: records have a member of that name, which replaces their time",
				"json_date_key", name, "records", done.undated)
		})
	}
	if done.problems.count > 0 {
		o.counters.damaged.Add(1)
		reason := fmt.Sprintf("%d records were shipped to %s, except: %s", done.records, done.target, &done.problems)
		if err := o.quarantine(j.segment, "parts of a segment cannot be read", reason); err != nil {
			return err
		}
	}
	if done.records > 0 {
		log.Info("stored object", "bytes", done.stored, "records", done.records)
		o.ratios.learn(j.segment.Stream, done.raw, done.stored)
		o.counters.store(done, o.opts.Now())
	}
	o.emit(Event{
		ID:      j.segment.ID,
		Bucket:  done.target.Bucket,
		Key:     done.target.Key,
		Segment: j.segment.Size(),
		Records: done.records,
		Bytes:   done.stored,
	})
	o.queue.done(j, done.records > 0)
	o.uploadsWork(done.records > 0)
	return nil
}

// uploadsWork reports the end of what was wrong, now that a job is done.
func (o *Output) uploadsWork(stored bool) {
	if !o.health.wrong.Load() {
		return
	}
	now := o.opts.Now()
	o.health.resolve(noCommit, now)
	var began time.Time // of what was wrong
	if stored {
		if was, ended := o.health.resolve(notReady, now); ended {
			began = was.since
		}
	}
	if o.queue.failures() == 0 {
		if was, ended := o.health.resolve(noUpload, now); ended {
			began = was.since
		}
	}
	if !began.IsZero() {
		o.opts.Log.Info(
			"uploads work again",
			"after",
			now.Sub(began).Round(time.Second),
			"segments_left",
			o.queue.len(),
		)
	}
}

// requeueCommit returns a job whose commit failed.
func (o *Output) requeueCommit(j *job, err error) {
	wait := backoff(j.attempts, maxBackoff)
	const remedy = "check the disk of store_dir"
	o.opts.Log.Error(remedy+": a segment that is stored cannot be removed from the spool; trying again",
		"error", err, "next_in", wait.Round(time.Millisecond))
	o.health.report(noCommit, err.Error(), remedy, o.opts.Now())
	o.queue.retry(j, wait, internal)
}
