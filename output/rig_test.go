package output_test

import (
	"context"
	"encoding/binary"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/conf"
	"sluice/creds"
	"sluice/output"
	msgpack "sluice/output/record"
	"sluice/output/s3test"
	"sluice/spool"
)

// rig is an output to a server in memory.
type rig struct {
	t   testing.TB
	dir string // of the spool
	s3  *s3test.Server
	log lockedText
	fs  spool.FS
	now func() time.Time // nil for the real one
}

func newRig(t testing.TB) *rig {
	r := &rig{t: t, dir: filepath.Join(t.TempDir(), "spool"), s3: s3test.Start(t)}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log:\n%s", r.log.String())
		}
	})
	return r
}

// open starts an output with settings of the form key=value. It ends with the test.
func (r *rig) open(settings ...string) *output.Output {
	r.t.Helper()
	cfg := parsed(r.t, append(settings, "bucket=b", "endpoint="+r.s3.URL, "s3_key_format=/$TAG/$UUID")...)
	log := slog.NewTextHandler(&r.log, &slog.HandlerOptions{Level: slog.LevelDebug})
	out, err := output.New(output.Options{
		Config: cfg, Dir: r.dir, FS: r.fs, Log: slog.New(log), Now: r.now,
		Credentials: creds.Static{Credentials: creds.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE",
			SecretAccessKey: "x"}},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// parsed parses settings of the form key=value, the first of each.
func parsed(t testing.TB, all ...string) conf.Config {
	t.Helper()
	cfg, err := conf.Parse(func(name string) (string, bool) {
		for _, s := range all {
			if key, value, _ := strings.Cut(s, "="); key == name {
				return value, true
			}
		}
		return "", false
	}, conf.Checks{KeyFormat: output.CheckKeyFormat, Text: output.CheckText, IsFixed: output.IsFixed,
		Zone: output.CheckZone})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func (r *rig) flush(out *output.Output, tag string, chunk []byte) {
	r.t.Helper()
	if err := out.Flush(tag, chunk); err != nil {
		r.t.Fatal(err)
	}
}

// close drains for at most limit; 0 is at once.
func (r *rig) close(out *output.Output, limit time.Duration) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), limit)
	defer cancel()
	if err := out.Close(ctx, 0); err != nil {
		r.t.Error(err)
	}
}

const plenty = time.Minute

// wait waits until something is so.
func (r *rig) wait(what string, so func() bool) {
	r.t.Helper()
	for end := time.Now().Add(plenty); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("%s: not within %v", what, plenty)
		}
	}
}

// segments returns the names of those that wait.
func (r *rig) segments() (found []string) {
	for _, pattern := range []string{"*.active", "*.sealed"} {
		names, err := filepath.Glob(filepath.Join(r.dir, pattern))
		if err != nil {
			r.t.Fatal(err)
		}
		found = append(found, names...)
	}
	return found
}

// quarantine returns the reasons of what is in the quarantine.
func (r *rig) quarantine() (reasons []string) {
	names, err := filepath.Glob(filepath.Join(r.dir, "quarantine", "*.reason"))
	if err != nil {
		r.t.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			r.t.Fatal(err)
		}
		reasons = append(reasons, string(text))
	}
	return reasons
}

// record is a log event with a field m, without a time.
func record(text string) []byte {
	return append([]byte{0x92, 0x05, 0x81, 0xa1, 'm', 0xda, byte(len(text) >> 8), byte(len(text))}, text...)
}

// event is a log event with a body in JSON.
func event(at time.Time, body string) []byte {
	b := []byte{0x92, 0x92, 0xd7, 0x00}
	b = binary.BigEndian.AppendUint32(b, uint32(at.Unix()))
	b = binary.BigEndian.AppendUint32(b, uint32(at.Nanosecond()))
	m, err := msgpack.FromJSON([]byte(body))
	if err != nil {
		panic(err)
	}
	return append(append(b, 0x80), m...)
}

// many are records of a kilobyte, size bytes of them at least.
func many(size int) (chunk []byte) {
	for len(chunk) < size {
		chunk = append(chunk, record(strings.Repeat("x", 1000))...)
	}
	return chunk
}

// lockedText is a log that can be read while it is written.
type lockedText struct {
	mu sync.Mutex // guards b
	b  strings.Builder
}

func (l *lockedText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
