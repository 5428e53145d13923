package output

import (
	"cmp"
	"os"
	"slices"
	"sync"
	"time"

	"sluice/output/status"
)

// Status returns an account of the output. It is cheap enough to be asked once a second.
func (o *Output) Status() status.Status {
	now := o.opts.Now()
	s := status.Status{
		Output: o.opts.Name, Dir: o.opts.Dir, Running: true, Process: os.Getpid(), Started: o.started,
		Bucket:          o.opts.Config.Bucket,
		SpoolBytes:      o.spool.Used(),
		SpoolLimit:      o.opts.Config.StoreLimit,
		QuarantineBytes: o.asideBytes.get(now, o.spool.Quarantined),
		UploadTimeout:   status.SecondsOf(o.opts.Config.UploadTimeout),
	}
	var wrong problem
	wrong, s.OK, s.Since = o.health.now()
	s.LastError, s.Remedy = wrong.text, wrong.remedy
	o.counters.fill(&s)
	o.queue.fill(&s, now)
	o.keys.fill(&s, now)
	if store, _, err := o.stores.storeFor(meta{}); err == nil {
		s.SentPerSecond = o.speed.perSecond(store.Sent(), now)
	}
	return s
}

// fill writes what waits and what is being uploaded into a status.
func (q *queue) fill(s *status.Status, now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var oldest time.Time
	s.Outage, s.Uploads = q.outage.on(), []status.Upload{}
	for _, l := range q.lanes {
		s.Segments += len(l.jobs)
		first := l.first()
		if opened := first.segment.Opened; oldest.IsZero() || opened.Before(oldest) {
			oldest = opened
		}
		if l.state == busy || first.state == eager {
			s.Uploads = append(s.Uploads, first.describe(now))
		}
	}
	if !oldest.IsZero() {
		s.OldestUnsent = status.SecondsOf(now.Sub(oldest))
	}
	slices.SortFunc(s.Uploads, func(a, b status.Upload) int {
		return cmp.Or(-cmp.Compare(a.Age, b.Age), cmp.Compare(a.Key, b.Key))
	})
}

// describe returns an upload's progress.
func (j *job) describe(now time.Time) status.Upload {
	_, key, _ := Destination(j.segment.Meta) // "" if it cannot be read
	return status.Upload{
		Key:     key,
		Bytes:   j.segment.Raw(),
		Done:    j.progress.Load(),
		Age:     status.SecondsOf(now.Sub(j.segment.Opened)),
		Growing: !j.state.isSealed(),
	}
}

// cachedSize is a size that is looked up once a minute at most, and when it has changed.
type cachedSize struct {
	mu    sync.Mutex // guards what follows
	bytes int64
	asked time.Time
}

const cachedSizeAge = time.Minute

// get returns the size, or the last one if it cannot be looked up.
func (c *cachedSize) get(now time.Time, look func() (int64, error)) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if age := now.Sub(c.asked); c.asked.IsZero() || age < 0 || age >= cachedSizeAge {
		if bytes, err := look(); err == nil {
			c.bytes = bytes
		}
		c.asked = now
	}
	return c.bytes
}

// changed makes the next get look.
func (c *cachedSize) changed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = time.Time{}
}

// speed turns a total into a rate.
type speed struct {
	mu    sync.Mutex // guards what follows
	at    time.Time
	total int64
	rate  int64
}

// perSecond returns the rate since the last call that was at least a second ago.
func (s *speed) perSecond(total int64, now time.Time) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	passed := now.Sub(s.at)
	if passed >= time.Second && !s.at.IsZero() {
		s.rate = int64(float64(total-s.total) / passed.Seconds())
	}
	if passed >= time.Second || passed < 0 {
		s.at, s.total = now, total
	}
	return s.rate
}
