package output

import (
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"sluice/spool"
)

// isFull reports whether a chunk was refused because store_dir_limit_size is reached or
// the disk is full.
func isFull(err error) bool {
	return errors.Is(err, spool.ErrFull) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// deferChunk counts and reports that a chunk was not accepted, and why. It returns the error
// with the remedy.
func (o *Output) deferChunk(err error) error {
	why, remedy := otherError, "check the disk of store_dir"
	switch {
	case errors.Is(err, spool.ErrFull):
		why, remedy = spoolFull, "raise store_dir_limit_size, or find out why uploads do not make room"
	case isFull(err):
		why, remedy = diskFull, "make room on the disk of store_dir"
	case errors.Is(err, spool.ErrClosed):
		return err
	}
	if isFull(err) {
		o.makeRoom()
	}
	o.counters.deferred[why].Add(1)
	o.health.report(noRoom, err.Error(), remedy, o.opts.Now())
	return fmt.Errorf("%s: %w", remedy, err)
}

// acceptAgain reports that a chunk was accepted, if others were not before.
func (o *Output) acceptAgain() {
	now := o.opts.Now()
	was, ended := o.health.resolve(noRoom, now)
	if after := now.Sub(was.since).Round(time.Second); ended && after >= worthTelling {
		o.opts.Log.Info("chunks are accepted again", "after", after)
	}
}

// worthTelling is how long chunks must have been refused for the end of it to be logged: at
// the limit some are accepted and some are not.
const worthTelling = 10 * time.Second

// makeRoomPause is the least time between two calls of MakeRoom: what was sealed needs it
// to be shipped.
const makeRoomPause = 5 * time.Second

// room limits how often a full spool's segments are sealed. It is safe for concurrent use.
type room struct {
	mu   sync.Mutex // guards last
	last time.Time  // when segments were sealed to make room
}

// due reports whether it is time to make room, and if so records the time.
func (r *room) due(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if since := now.Sub(r.last); since >= 0 && since < makeRoomPause {
		return false
	}
	r.last = now
	return true
}

// makeRoom seals the largest active segments, every few seconds at most: shipping them is
// what makes room, and nothing else would seal them before they are upload_timeout old.
func (o *Output) makeRoom() {
	if !o.room.due(o.opts.Now()) {
		return
	}
	if err := o.spool.MakeRoom(); err != nil {
		o.opts.Log.Warn("seal segment", "error", err) // its frames are durable all the same
	}
}
