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
		j := o.queue.take(ctx)
		if j == nil {
			return
		}
		if err := contain(func() error { return o.do(ctx, j) }); err != nil {
			o.unsettled(j, err)
		}
	}
}

// do uploads a segment, or what there is of one that is still active, and gives
// its job away: to settle, or back to the queue. The error is the spool's: the job
// is still the caller's.
func (o *Output) do(ctx context.Context, j *job) error {
	if !j.whole {
		o.queue.rest(j, o.ahead(ctx, j) == nil)
		return nil
	}
	err := o.bring(ctx, j)
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

// bring has a segment's object stored, and nothing else left of it in S3. What is
// done is not done again.
func (o *Output) bring(ctx context.Context, j *job) error {
	if j.stored == nil {
		if err := o.upload(ctx, j); err != nil {
			return err
		}
	}
	if j.stored.untidy {
		if err := j.stored.store.Tidy(ctx, j.stored.target); err != nil {
			return err
		}
		j.stored.untidy = false
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
	if err != nil || done.records == 0 {
		err = errors.Join(err, o.giveUp(j))
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
