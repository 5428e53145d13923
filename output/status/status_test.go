package status_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sluice/output/status"
)

var full = status.Status{
	Output: "logs", Running: true, Process: 7, Bucket: "b", OK: true,
	Started: time.Date(2026, 11, 29, 15, 0, 0, 0, time.UTC), LastError: "e", Remedy: "r",
	CredentialsExpiry: status.Never, OldestUnsent: 1.5, SpoolLimit: 1 << 60,
	Uploads: []status.Upload{{Key: "k", Bytes: 1, Growing: true}},
	Objects: map[string]int64{"ok": 3}, Requests: map[string]map[string]int64{"PutObject": {"ok": 3}},
	ObjectBytes: status.Histogram{Bounds: []float64{1}, Buckets: []uint64{1, 2}, Sum: 9, Count: 3},
}

// What a listener gets is what an asker is told, also where a path is too long for a socket.
func TestAsk(t *testing.T) {
	short := t.TempDir()
	long := filepath.Join(short, strings.Repeat("long", 40))
	if err := os.Mkdir(long, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{short, long} {
		if _, err := status.Ask(t.Context(), dir); !errors.Is(err, status.ErrNotRunning) {
			t.Errorf("before anyone listens: %v", err)
		}
		leaveSocket(t, dir)
		l, err := status.Listen(dir, func() status.Status { return full })
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(dir, "status.sock"))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("socket: %v, %v, want mode 0600", info.Mode(), err)
		}
		for range 3 {
			if got, err := status.Ask(t.Context(), dir); err != nil || !reflect.DeepEqual(got, full) {
				t.Errorf("Ask = %+v, %v, want %+v", got, err, full)
			}
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if _, err := status.Ask(t.Context(), dir); !errors.Is(err, status.ErrNotRunning) {
			t.Errorf("after the listener was closed: %v", err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 1 {
			t.Errorf("left in the folder: %v, %v", left, err)
		}
	}
}

// leaveSocket leaves a socket as a process does that is killed.
func leaveSocket(t *testing.T, dir string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "status.sock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

// An asker that a panic cuts off gets an error, and the next one an answer.
func TestPanic(t *testing.T) {
	var calls atomic.Int64
	dir := t.TempDir()
	l, err := status.Listen(dir, func() status.Status {
		if calls.Add(1) == 1 {
			panic("broken")
		}
		return full
	})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if s, err := status.Ask(t.Context(), dir); err == nil {
		t.Errorf("an answer that panicked: %+v", s)
	}
	if _, err := status.Ask(t.Context(), dir); err != nil {
		t.Error(err)
	}
}

func TestSeconds(t *testing.T) {
	for s, want := range map[status.Seconds]string{
		status.Never: "null", 0: "0", 2.5: "2.5", status.SecondsOf(-1): "0",
	} {
		text, err := json.Marshal(s)
		if err != nil || string(text) != want {
			t.Errorf("%v is %s, %v, want %s", s, text, err, want)
		}
		var back status.Seconds
		if err := json.Unmarshal(text, &back); err != nil || back != s {
			t.Errorf("%s is read as %v, %v", text, back, err)
		}
	}
	if d := status.Seconds(61.4).Duration(); d != 61*time.Second {
		t.Errorf("61.4 s is %v", d)
	}
}
