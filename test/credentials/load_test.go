package credentials

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/conf"
	"sluice/creds"
	"sluice/output"
	"sluice/test/testenv"
)

const (
	streams = 8 // of lines; each makes an object per second
	workers = 4 // that upload
	chunk   = 10
	pause   = 50 * time.Millisecond // between a stream's chunks
	plenty  = time.Minute
)

// journal is a log that can be read while it is written.
type journal struct {
	mu   sync.Mutex // guards what follows
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// lines returns the lines that contain a text.
func (j *journal) lines(text string) []string {
	var found []string
	for line := range strings.Lines(j.String()) {
		if strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}

// loaded is an output under a steady load.
type loaded struct {
	t      *testing.T
	out    *output.Output
	log    journal
	bucket testenv.Bucket
	count  [streams]int // lines of each
}

// newLoaded starts an output with a bucket of its own, named after the issuer.
func newLoaded(t *testing.T, keys *issuer, provider creds.Provider) *loaded {
	t.Helper()
	bucket := strings.ToLower(keys.name)
	l := &loaded{t: t, bucket: world.s3.Bucket(bucket)}
	if err := l.bucket.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	settings := map[string]string{
		"bucket":         bucket,
		"endpoint":       world.s3.Endpoint,
		"s3_key_format":  "/$TAG/$INDEX",
		"upload_timeout": "1s",
		"upload_workers": strconv.Itoa(workers),
	}
	cfg, err := conf.Parse(func(name string) (string, bool) {
		value, ok := settings[name]
		return value, ok
	}, conf.Checks{KeyFormat: output.CheckKeyFormat})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(&l.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	l.out, err = output.New(output.Options{
		Config:      cfg,
		Dir:         filepath.Join(t.TempDir(), "spool"),
		Credentials: provider,
		Log:         log,
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func tag(stream int) string { return fmt.Sprintf("app.%d", stream) }

// run feeds all streams until ctx ends or enough returns true. They start one after the other, so that their objects
// are spread over the second.
func (l *loaded) run(ctx context.Context, enough func() bool) {
	tick := time.NewTicker(pause / streams)
	defer tick.Stop()
	for n := 0; ctx.Err() == nil && !enough(); n++ {
		if stream := n % streams; n/streams >= 3*stream {
			l.feed(stream)
		}
		<-tick.C
	}
}

// feed flushes one chunk of a stream.
func (l *loaded) feed(stream int) {
	l.t.Helper()
	var records []byte
	for range chunk {
		records = append(records, record(fmt.Sprintf("line-%09d", l.count[stream]))...)
		l.count[stream]++
	}
	if err := l.out.Flush(tag(stream), records); err != nil {
		l.t.Fatal(err)
	}
}

// record returns {"m": text} at second 5, as MessagePack; text has less than 256 bytes.
func record(text string) []byte {
	return append([]byte{0x92, 0x05, 0x81, 0xa1, 'm', 0xd9, byte(len(text))}, text...)
}

// close drains the output for at most limit.
func (l *loaded) close(limit time.Duration) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), limit)
	defer cancel()
	if err := l.out.Close(ctx, 0); err != nil {
		l.t.Error(err)
	}
}

// tally compares the objects with what was fed.
func (l *loaded) tally() *testenv.Tally {
	l.t.Helper()
	var lines []testenv.Lines
	for stream, count := range l.count {
		lines = append(lines, testenv.Lines{Tag: tag(stream), Mark: "line-", Count: count})
	}
	tally := testenv.NewTally(lines...)
	if err := tally.Bucket(l.t.Context(), l.bucket); err != nil {
		l.t.Fatal(err)
	}
	return tally
}
