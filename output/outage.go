package output

import "time"

// outage detects that no upload of any stream succeeds. Then one upload at a time is
// enough to see when that is over, and a server in trouble does not hear from ten
// thousand streams at once.
type outage struct {
	failures int // in a row, of all uploads
	until    time.Time
}

const (
	// outageFailures is how many failures in a row are an outage.
	outageFailures = 3
	// maxOutagePause is the longest pause between two attempts, and about how long the
	// end of an outage may go unnoticed.
	maxOutagePause = 15 * time.Second
)

func (o *outage) on() bool { return o.failures >= outageFailures }

func (o *outage) recordFailure(now time.Time) {
	if o.failures++; o.on() {
		o.until = now.Add(backoff(o.failures-outageFailures, maxOutagePause))
	}
}

// recordSuccess reports whether a success ends an outage.
func (o *outage) recordSuccess() (was bool) {
	was = o.on()
	*o = outage{}
	return was
}
