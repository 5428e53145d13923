package creds

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Clock shows the time as AWS sees it: this machine's, corrected by the Date of answers with which AWS refuses a
// request. Credentials expire by AWS's clock; on a machine that is hours ahead, all of them would look expired. It is
// safe for concurrent use.
type Clock struct {
	now        func() time.Time
	elapsed    func() time.Duration // by a clock that is never set
	correction atomic.Pointer[correction]
}

// correction is immutable.
type correction struct {
	offset  time.Duration
	learned time.Time     // by the machine's clock
	elapsed time.Duration // at the same moment
}

const (
	// maxSkew is what AWS tolerates, less a margin, as in AWS's SDKs.
	maxSkew = 4 * time.Minute
	// maxDrift is how far the machine's wall clock may drift from its monotonic one. Beyond that, it must have been
	// set.
	maxDrift = time.Minute
)

// NewClock makes a Clock from the machine's clock and from the time elapsed since some moment. The defaults are
// time.Now and its monotonic reading; with now alone, time elapses as now shows it.
func NewClock(now func() time.Time, elapsed func() time.Duration) *Clock {
	if now == nil {
		now, elapsed = time.Now, sinceStart(time.Now)
	}
	if elapsed == nil {
		elapsed = sinceStart(func() time.Time { return now().Round(0) })
	}
	return &Clock{now: now, elapsed: elapsed}
}

func sinceStart(now func() time.Time) func() time.Duration {
	start := now()
	return func() time.Duration { return now().Sub(start) }
}

// Now returns the corrected time.
func (c *Clock) Now() time.Time {
	t := c.now()
	k := c.correction.Load()
	if k == nil {
		return t
	}
	if drift := t.Round(0).Sub(k.learned) - (c.elapsed() - k.elapsed); drift.Abs() > maxDrift {
		c.correction.CompareAndSwap(k, nil) // the machine's clock has been set
		return t
	}
	// Drop the monotonic reading: callers keep the time and compare it with others after the correction has ended.
	return t.Round(0).Add(k.offset)
}

// Offset returns how far the machine's clock is behind AWS's; it is negative if the machine's is ahead.
func (c *Clock) Offset() time.Duration {
	if k := c.correction.Load(); k != nil {
		return k.offset
	}
	return 0
}

// Client returns a client that learns from the answers which next gets from a service of AWS. Only refusals count: they
// are what a wrong time causes.
func (c *Clock) Client(next aws.HTTPClient) aws.HTTPClient { return clockClient{c, next} }

type clockClient struct {
	clock *Clock
	next  aws.HTTPClient
}

func (w clockClient) Do(r *http.Request) (*http.Response, error) {
	resp, err := w.next.Do(r)
	if err == nil && (resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusBadRequest) {
		if server, dateErr := http.ParseTime(resp.Header.Get("Date")); dateErr == nil {
			w.clock.Learn(server)
		}
	}
	return resp, err
}

// Learn adopts a service's time if it is far from ours. If the service agrees with the machine's clock, an older
// correction ends.
func (c *Clock) Learn(server time.Time) {
	now := c.now()
	offset := server.Sub(now)
	switch {
	case (offset - c.Offset()).Abs() < maxSkew:
	case offset.Abs() < maxSkew:
		c.correction.Store(nil)
	default:
		c.correction.Store(&correction{offset, now.Round(0), c.elapsed()})
	}
}
