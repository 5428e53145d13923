package e2e

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"sluice/test/testenv"
)

// patience is how long a wait may take.
const patience = 30 * time.Second

// deadline bounds a wait.
func deadline(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), patience)
}

// grow appends the lines from first to before end to their file.
func grow(t *testing.T, dir string, l testenv.Lines, first, end int) {
	t.Helper()
	f, err := os.OpenFile(l.File(dir), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := l.Write(f, first, end); err != nil {
		t.Fatal(err)
	}
}

// count counts what is in the bucket now.
func count(t *testing.T, b testenv.Bucket, streams ...testenv.Lines) *testenv.Tally {
	t.Helper()
	tally := testenv.NewTally(streams...)
	if err := tally.Bucket(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	return tally
}

// load appends lines to their files, some every few milliseconds, until it is stopped.
type load struct {
	stop  chan struct{}
	done  chan error
	lines []testenv.Lines // with their counts, once it is stopped
}

const (
	loadPause = 5 * time.Millisecond
	loadBatch = 20
	loadMost  = 2_000_000
)

func startLoad(dir string, streams ...testenv.Lines) *load {
	l := &load{stop: make(chan struct{}), done: make(chan error, 1), lines: slices.Clone(streams)}
	go func() { l.done <- l.run(dir) }()
	return l
}

func (l *load) run(dir string) error {
	var files []*os.File
	for _, s := range l.lines {
		f, err := os.OpenFile(s.File(dir), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
		if err != nil {
			return err
		}
		defer f.Close()
		files = append(files, f)
	}
	tick := time.NewTicker(loadPause)
	defer tick.Stop()
	for n := 0; n < loadMost; n += loadBatch {
		for i, f := range files {
			if err := l.lines[i].Write(f, n, n+loadBatch); err != nil {
				return err
			}
			l.lines[i].Count = n + loadBatch
		}
		select {
		case <-tick.C:
		case <-l.stop:
			return nil
		}
	}
	return nil
}

// end stops the load and returns the lines that were written.
func (l *load) end(t *testing.T) []testenv.Lines {
	t.Helper()
	close(l.stop)
	if err := <-l.done; err != nil {
		t.Fatal(err)
	}
	return l.lines
}
