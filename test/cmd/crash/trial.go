package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"syscall"
	"time"

	"sluice/test/stack"
)

// trial is one run with a signal and a number of workers.
type trial struct {
	settings
	victim  fluentBit
	weather *weather
	streams []*stream
	chance  *rand.Rand
	kills   int // so far
}

const (
	longestLife = 2500 * time.Millisecond // of a process, from its start
	patience    = 3 * time.Minute         // for the end of a process, and for the last one's work
)

// try runs a trial. The result tells what arrived; the error, what went wrong.
func try(ctx context.Context, s settings) (r result, err error) {
	began := time.Now()
	t, err := newTrial(s)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, t.weather.close()) }()
	if err := t.run(ctx); err != nil {
		return result{settings: s}, err
	}
	if r, err = t.count(ctx); err != nil {
		return r, err
	}
	r.took = time.Since(began)
	return r, r.err()
}

func newTrial(s settings) (*trial, error) {
	program, err := stack.FindFluentBit()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return nil, err
	}
	addr, err := stack.LastingAddr()
	if err != nil {
		return nil, err
	}
	t := &trial{settings: s, streams: newStreams(), chance: rand.New(rand.NewPCG(s.seed, 1))}
	if t.weather, err = newWeather(s.dir, s.seed); err != nil {
		return nil, err
	}
	t.victim = fluentBit{settings: s, program: program, addr: addr, s3: t.weather.front.Endpoint}
	return t, nil
}

// run kills in bad weather, and lets the last process work in good weather.
func (t *trial) run(ctx context.Context) error {
	t.weather.begin(ctx)
	load := startLoad(t.victim.addr, t.streams)
	err := t.killAll(ctx)
	load.end()
	if err := errors.Join(err, t.weather.end()); err != nil {
		return err
	}
	return t.settle(ctx)
}

func (t *trial) killAll(ctx context.Context) error {
	for t.kills < t.settings.kills {
		p, err := t.victim.start()
		if err != nil {
			return err
		}
		life, cancel := context.WithTimeout(ctx, time.Duration(t.chance.Int64N(int64(longestLife))))
		select {
		case <-life.Done():
		case <-p.Done():
		}
		cancel()
		if err := t.kill(ctx, p); err != nil {
			return err
		}
		t.kills++
	}
	return nil
}

// kill ends a living process by the trial's signal.
func (t *trial) kill(ctx context.Context, p *stack.Process) error {
	select {
	case <-p.Done():
		return fmt.Errorf("Fluent Bit ended by itself before signal %d: %w", t.kills+1, p.Wait())
	default:
	}
	return end(ctx, p, t.signal)
}

// end sends a signal and waits for the process's end, which is as the signal asks.
func end(ctx context.Context, p *stack.Process, signal syscall.Signal) error {
	if err := p.Signal(signal); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-p.Done():
	case <-ctx.Done():
		p.Kill()
		return fmt.Errorf("Fluent Bit does not end after SIG%s: %w", signalName(signal), ctx.Err())
	}
	if err := p.Wait(); signal == syscall.SIGTERM && err != nil && !unhandled(err) {
		return fmt.Errorf("Fluent Bit's end after SIGTERM: %w", err)
	}
	return nil
}

// unhandled is whether SIGTERM came before the process had a handler for it.
func unhandled(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGTERM
}

// settle starts Fluent Bit a last time and waits until nothing waits any more.
func (t *trial) settle(ctx context.Context) error {
	p, err := t.victim.start()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = stack.Wait(ctx, p.Done(), t.victim.empty)
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil // the count tells what is missing
	}
	return errors.Join(err, end(context.WithoutCancel(ctx), p, syscall.SIGTERM))
}
