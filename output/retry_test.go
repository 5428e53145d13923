package output

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sluice/conf"
	"sluice/internal/contain"
	"sluice/spool"
)

// stalled is an output whose shippers do nothing, with one sealed segment.
func stalled(t *testing.T, cfg conf.Config) *Output {
	t.Helper()
	o := &Output{queue: newQueue(true, 4, time.Now), cores: newSemaphore(1), opts: Options{
		Config: cfg, Dir: filepath.Join(t.TempDir(), "spool"), Now: time.Now, Log: slog.New(slog.DiscardHandler),
	}}
	if err := o.openSpool(false); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.spool.Close(0); err != nil {
			t.Error(err)
		}
	})
	meta := func() ([]byte, error) { return []byte("{}"), nil }
	_, err := o.spool.Append("a", spool.Chunk{Tag: "a", Data: []byte("chunk")}, meta)
	if err != nil {
		t.Fatal(err)
	}
	o.BeginShutdown()
	return o
}

// fail has the next attempt fail, and returns how many segments are left.
func (o *Output) fail(t *testing.T, cause error) (left int) {
	t.Helper()
	o.queue.update(func() { // no pause is waited for
		o.queue.outage.until = time.Time{}
		o.queue.makeDue(func(*lane) bool { return true })
	})
	if err := o.handleFailure(await(t.Context(), o.queue), cause); err != nil {
		t.Fatal(err)
	}
	return o.queue.len()
}

// TestFinal counts the attempts after which a segment is given up, and checks where it is then.
func TestFinal(t *testing.T) {
	down := errors.New("connection refused")
	bug, disk := &contain.Panic{Value: "a bug"}, &spoolError{errors.New("input/output error")}
	for _, c := range []struct {
		name   string
		limit  int
		drop   bool
		before []error
		last   error // it is given up with this one; nil for never
		kept   bool
	}{
		{"the server, without limit", conf.Unlimited, true, []error{down, down, down, down, down, down}, nil, true},
		{"the server, twice", 2, false, []error{down, down}, down, true},
		{"the server, twice, deleted", 2, true, []error{down, down}, down, false},
		{"panics", conf.Unlimited, false, []error{bug, bug}, bug, true},
		{"panics are never deleted", conf.Unlimited, true, []error{bug, bug}, bug, true},
		{"panics after an outage", conf.Unlimited, true, []error{down, down, down, down, bug, down, bug}, bug, true},
		{"panics do not count as the server's", 3, true, []error{bug, bug, down, down, down}, down, false},
		{"the disk has no limit", 1, true, []error{disk, disk, disk, disk}, nil, true},
		{"the disk does not count as the server's", 2, true, []error{disk, disk, down, disk, down}, down, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := stalled(t, conf.Config{RetryLimit: c.limit, DropExhausted: c.drop})
			for n, cause := range c.before {
				if o.fail(t, cause) == 0 {
					t.Fatalf("given up after attempt %d", n+1)
				}
			}
			if c.last == nil {
				return
			}
			if o.fail(t, c.last) != 0 {
				t.Fatal("not given up")
			}
			aside, err := os.ReadDir(filepath.Join(o.opts.Dir, "quarantine"))
			if err != nil || (len(aside) == 2) != c.kept {
				t.Errorf("quarantine has %v, %v, want the segment and its reason: %v", aside, err, c.kept)
			}
		})
	}
}

// TestOwnFailures: a failure of the disk or a panic is not an outage of the server.
func TestOwnFailures(t *testing.T) {
	for _, cause := range []error{fmt.Errorf("wrapped: %w", &spoolError{os.ErrPermission}),
		&contain.Panic{Value: "a bug"}} {
		o := stalled(t, conf.Config{RetryLimit: conf.Unlimited})
		for range 2 {
			o.fail(t, cause)
		}
		if o.queue.outage.failures > 0 {
			t.Errorf("%v counts as a failure of the server", cause)
		}
	}
}
