package output

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// ship does jobs until ctx ends.
func (o *Output) ship(ctx context.Context) {
	for {
		j, whole := o.queue.take(ctx)
		if j == nil {
			return
		}
		if err := contain(func() error { return o.process(ctx, j, whole) }); err != nil {
			o.unsettled(j, err)
		}
	}
}

// process uploads a segment, or what there is of one that is still active, and gives
// its job away: to settle, or back to the queue. The error is the spool's: the job
// is still the caller's.
func (o *Output) process(ctx context.Context, j *job, whole bool) error {
	if !whole {
		o.queue.park(j, o.encodeEager(ctx, j) == nil)
		return nil
	}
	err := o.store(ctx, j)
	switch {
	case err == nil:
		o.stored <- j
		return nil
	case ctx.Err() != nil:
		o.queue.release(j) // stopped in the middle: nothing is wrong with the segment
		return nil
	}
	return o.failed(j, err)
}

// store has a segment's object stored, unless that has been done, and unfinished
// uploads of earlier attempts removed, which the commit does not depend on.
func (o *Output) store(ctx context.Context, j *job) error {
	if j.stored != nil {
		return nil
	}
	if err := o.upload(ctx, j); err != nil {
		return err
	}
	if j.stored.untidy {
		j.stored.store.Tidy(ctx, j.stored.target)
	}
	return nil
}

// upload stores a segment's object.
func (o *Output) upload(ctx context.Context, j *job) error {
	var done shipped
	err := contain(func() error {
		if err := o.begin(ctx, j); err != nil {
			return err
		}
		err := j.shipment.finish()
		done = j.shipment.done
		return err
	})
	again := err != nil && o.redirect(j, err)
	if err != nil || done.records == 0 {
		err = errors.Join(err, o.abortShipment(j))
	}
	if again {
		return o.upload(ctx, j)
	}
	if err != nil {
		return err
	}
	j.stored, j.shipment = &done, nil
	return nil
}

// panicError is a panic that was contained.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.value, e.stack) }

// contain calls f and makes an error of a panic: one in a goroutine would end
// Fluent Bit.
func contain(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{p, debug.Stack()}
		}
	}()
	return f()
}
