package output

import "time"

// outage notices that nothing gets through any more, whichever stream it is for:
// then one upload at a time is enough to see when it is over, and a server in
// trouble is not asked by all of ten thousand streams.
type outage struct {
	failures int // in a row, of all uploads
	until    time.Time
}

const (
	// outageFailures in a row are one.
	outageFailures = 3
	// outageMost is the longest pause between two tries, and about how long the end
	// of an outage may go unnoticed.
	outageMost = 15 * time.Second
)

func (o *outage) on() bool { return o.failures >= outageFailures }

func (o *outage) failed(now time.Time) {
	if o.failures++; o.on() {
		o.until = now.Add(backoff(o.failures-outageFailures, outageMost))
	}
}

// ended notes a success, and tells whether it ends an outage.
func (o *outage) ended() (was bool) {
	was = o.on()
	*o = outage{}
	return was
}
