package output

import (
	"errors"
	"sync"
	"syscall"
	"time"

	"sluice/spool"
)

// noRoom reports whether a chunk was refused for want of room: the spool's limit, or
// the disk.
func noRoom(err error) bool {
	return errors.Is(err, spool.ErrFull) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// roomPause is how long what was sealed has to be shipped before more is.
const roomPause = 5 * time.Second

// room has the segments of a full spool sealed. It is safe for concurrent use.
type room struct {
	mu   sync.Mutex // guards last
	last time.Time  // when room was made
}

// due reports whether it is time to make room, and notes that it is made.
func (r *room) due(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if since := now.Sub(r.last); since >= 0 && since < roomPause {
		return false
	}
	r.last = now
	return true
}

// makeRoom seals the largest active segments, once in a while: shipping them is what
// makes room, and nothing else would seal them before their age.
func (o *Output) makeRoom() {
	if !o.room.due(o.opts.Now()) {
		return
	}
	if err := o.spool.MakeRoom(); err != nil {
		o.opts.Log.Warn("seal segment", "error", err) // its frames are durable all the same
	}
}
