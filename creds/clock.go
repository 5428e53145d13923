package creds

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Clock tells the time as AWS sees it: this machine's, corrected by what AWS's
// answers say when they refuse a request. Credentials expire by AWS's clock; on
// a machine that is hours ahead all of them would look dead. It is safe for
// concurrent use.
type Clock struct {
	now        func() time.Time
	elapsed    func() time.Duration // by a clock that nobody sets
	correction atomic.Pointer[correction]
}

// correction is immutable.
type correction struct {
	offset time.Duration
	at     time.Time // when it was learned, by the machine's clock
	ran    time.Duration
}

const (
	// skewed is what AWS tolerates, less a margin, as AWS's SDKs have it.
	skewed = 4 * time.Minute
	// jump is how far the machine's wall clock may drift from its monotonic one
	// before it must have been set anew.
	jump = time.Minute
)

// NewClock makes a Clock from the machine's, and from the time that has passed
// since some moment. The defaults are time.Now and its monotonic reading; with
// now alone, time passes as it says.
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

// Now returns the time.
func (c *Clock) Now() time.Time {
	t := c.now()
	k := c.correction.Load()
	if k == nil {
		return t
	}
	if drift := t.Round(0).Sub(k.at) - (c.elapsed() - k.ran); drift.Abs() > jump {
		c.correction.CompareAndSwap(k, nil) // somebody has set the clock
		return t
	}
	// Without the machine's monotonic reading: a time that is kept is compared
	// with others after the correction has ended.
	return t.Round(0).Add(k.offset)
}

// Offset returns by how much the machine's clock is behind AWS's; negative if
// ahead.
func (c *Clock) Offset() time.Duration {
	if k := c.correction.Load(); k != nil {
		return k.offset
	}
	return 0
}

// Client watches the answers that next gets from a service of AWS and learns
// from refusals, which are the answer to a wrong time.
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

// Learn takes a service's time if it is far from ours. A service that agrees with
// the machine ends an older correction.
func (c *Clock) Learn(server time.Time) {
	now := c.now()
	offset := server.Sub(now)
	switch {
	case (offset - c.Offset()).Abs() < skewed:
	case offset.Abs() < skewed:
		c.correction.Store(nil)
	default:
		c.correction.Store(&correction{offset, now.Round(0), c.elapsed()})
	}
}
