package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"sluice/test/testenv"
)

const bucketName = "crash"

// weather is an S3 server behind a front that makes it bad, in phases.
type weather struct {
	front  *testenv.Front
	config testenv.S3Config
	server *testenv.S3
	chance *rand.Rand

	restarts int
	stop     context.CancelFunc
	done     chan error
}

// newWeather starts the server and its front. With a file for the certificate of an authority, the front speaks TLS.
func newWeather(dir string, seed uint64, caFile string) (*weather, error) {
	w := &weather{chance: rand.New(rand.NewPCG(seed, 2)), done: make(chan error, 1)}
	addr, err := testenv.LastingAddr()
	if err != nil {
		return nil, err
	}
	w.config = testenv.S3Config{Dir: filepath.Join(dir, "s3"), Addr: addr, Bucket: bucketName}
	if w.server, err = testenv.StartS3(w.config); err != nil {
		return nil, err
	}
	if caFile == "" {
		w.front, err = testenv.NewFront(w.server.Endpoint, seed)
		return w, err
	}
	authority, err := testenv.NewAuthority()
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(caFile, authority.PEM(), 0o600); err != nil {
		return nil, err
	}
	w.front, err = testenv.NewTLSFront(w.server.Endpoint, seed, authority)
	return w, err
}

func (w *weather) bucket() testenv.Bucket { return w.server.Bucket(bucketName) }

// begin makes it bad until end.
func (w *weather) begin(ctx context.Context) {
	ctx, w.stop = context.WithCancel(ctx)
	go func() { w.done <- w.run(ctx) }()
}

// end makes it good.
func (w *weather) end() error {
	w.stop()
	err := <-w.done
	w.front.Set(testenv.NoFault, 0)
	return err
}

func (w *weather) close() error {
	w.front.Down()
	return w.server.Close()
}

// run goes through phases of up to three seconds. In each some or all requests meet one fault, or the
// server restarts.
func (w *weather) run(ctx context.Context) error {
	faults := []testenv.Fault{testenv.NoFault, testenv.Slow, testenv.SlowDown, testenv.InternalError,
		testenv.LoseAnswer, testenv.Reset}
	for ctx.Err() == nil {
		share := []float64{0.2, 0.5, 1}[w.chance.IntN(3)]
		length := 300*time.Millisecond + time.Duration(w.chance.Int64N(int64(2700*time.Millisecond)))
		phase := w.chance.IntN(len(faults) + 1)
		if phase == len(faults) {
			if err := w.restart(ctx, length); err != nil {
				return fmt.Errorf("restart the S3 server: %w", err)
			}
			continue
		}
		w.front.Set(faults[phase], share)
		pause(ctx, length)
	}
	return nil
}

// restart stops the S3 server for a time, and starts it again on the same folder.
func (w *weather) restart(ctx context.Context, away time.Duration) error {
	w.restarts++
	w.front.Down()
	if err := w.server.Close(); err != nil {
		return err
	}
	pause(ctx, away)
	server, err := testenv.StartS3(w.config)
	if err != nil {
		return err
	}
	w.server = server
	return w.front.Up()
}

// pause lets time pass.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
