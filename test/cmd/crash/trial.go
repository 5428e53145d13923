package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"sluice/test/testenv"
)

// trial is one run with a signal and a number of workers.
type trial struct {
	settings
	victim  victim
	weather *weather
	chance  *rand.Rand
	done    int // signals so far
}

const (
	longestLife = 2500 * time.Millisecond // of a process, from its start
	patience    = 3 * time.Minute         // for the end of a process, and for the last one's work
)

// try runs a trial. The result says what arrived; the error, what went wrong.
func try(ctx context.Context, s settings) (r result, err error) {
	began := time.Now()
	t, err := newTrial(s)
	if err != nil {
		return result{settings: s}, err
	}
	defer func() { err = errors.Join(err, t.weather.close()) }()
	if err := t.run(ctx); err != nil {
		return result{settings: s, done: t.done}, err
	}
	if r, err = t.count(ctx); err != nil {
		return r, err
	}
	r.took = time.Since(began)
	return r, r.err()
}

func newTrial(s settings) (*trial, error) {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return nil, err
	}
	t := &trial{settings: s, chance: rand.New(rand.NewPCG(s.seed, 1))}
	var err error
	caFile := ""
	if s.needsTLS() {
		caFile = filepath.Join(s.dir, "ca.pem")
		s.extra = append(slices.Clone(s.extra), testenv.Property{Name: "ca_file", Value: caFile})
		t.settings = s
	}
	if t.weather, err = newWeather(s.dir, s.seed, caFile); err != nil {
		return nil, err
	}
	if t.victim, err = newVictim(s, t.weather.front.Endpoint); err != nil {
		return nil, errors.Join(err, t.weather.close())
	}
	return t, nil
}

// run kills in bad weather, and lets the last process work in good weather.
func (t *trial) run(ctx context.Context) error {
	if err := t.victim.begin(); err != nil {
		return err
	}
	t.weather.begin(ctx)
	err := t.killAll(ctx)
	t.victim.end()
	if err := errors.Join(err, t.weather.end()); err != nil {
		return err
	}
	return t.victim.settle(ctx)
}

func (t *trial) killAll(ctx context.Context) error {
	for ; t.done < t.kills; t.done++ {
		p, err := t.victim.start()
		if err != nil {
			return err
		}
		if pause(ctx, time.Duration(t.chance.Int64N(int64(longestLife)))); ctx.Err() != nil {
			return ctx.Err()
		}
		select {
		case <-p.Done():
			return fmt.Errorf("the process ended by itself before signal %d: %w", t.done+1, p.Wait())
		default:
		}
		if err := end(ctx, p, t.signal); err != nil {
			return err
		}
	}
	return nil
}

// end sends a signal and waits for the process's end, which is as the signal asks.
func end(ctx context.Context, p *testenv.Process, signal syscall.Signal) error {
	if err := p.Signal(signal); err != nil {
		return err
	}
	if err := await(ctx, p, "SIG"+signalName(signal)); err != nil {
		return err
	}
	if err := p.Wait(); signal == syscall.SIGTERM && err != nil && !unhandled(err) {
		return fmt.Errorf("the end after SIGTERM: %w", err)
	}
	return nil
}

// await waits for a process's end.
func await(ctx context.Context, p *testenv.Process, after string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-p.Done():
		return nil
	case <-ctx.Done():
		p.Kill()
		return fmt.Errorf("the process does not end after %s: %w", after, ctx.Err())
	}
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
