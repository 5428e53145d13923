package spool

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// update rewrites the golden files: a change of a format is deliberate then, with a new version and a reader of the
// old one.
var update = flag.Bool("update", false, "write the golden files of the formats")

// golden compares what is written now with a file of the repository, which it returns.
func golden(t *testing.T, name string, now []byte) []byte {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, now, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, now) {
		t.Errorf("%s: what is written now has %d bytes and differs from the %d that were", name, len(now), len(before))
	}
	return before
}

// TestGoldenSegment: a segment's bytes are what they were, and what was written before is read.
func TestGoldenSegment(t *testing.T) {
	h := header{writer: "sluice v1", stream: "logs/app/%Y", meta: []byte(`{"bucket":"logs"}`)}
	head := appendHeader(nil, h)
	segment := slices.Concat(head, head)
	var sum summary
	var want []Frame
	for n, data := range []string{"first", "", "third"} {
		f := Frame{Tag: "app", Time: time.Unix(1_700_000_000, int64(n)), Hash: contentHash([]byte(data)),
			Data: []byte(data), raw: len(data)}
		var w frameWriter
		w.encode(f, false)
		segment = append(append(segment, w.head...), w.payload...)
		sum.add(f.Time, f.raw)
		want = append(want, f)
	}
	segment = appendTrailer(segment, sum)

	before := golden(t, "segment-v2.golden", segment)
	file := bytes.NewReader(before)
	got, start, damage, err := readHeader(file, file.Size())
	if err != nil || damage != nil || got.writer != h.writer || got.stream != h.stream ||
		!bytes.Equal(got.meta, h.meta) {
		t.Errorf("the header is %+v, damage %v, %v", got, damage, err)
	}
	if trailer, whole, err := readTrailer(file, file.Size()); !whole || err != nil || trailer != sum {
		t.Errorf("the trailer is %+v, whole %v, %v", trailer, whole, err)
	}
	r := newFrameReader(file, start, file.Size()-int64(trailerSize))
	defer r.release()
	for n, f := range want {
		got, err := r.next()
		if err != nil || got.Tag != f.Tag || !got.Time.Equal(f.Time) || got.Hash != f.Hash ||
			!bytes.Equal(got.Data, f.Data) {
			t.Errorf("frame %d is %+v, %v", n, got, err)
		}
	}
}

// TestGoldenCompressed reads a frame that was compressed by an earlier version of the library, whose output may change.
func TestGoldenCompressed(t *testing.T) {
	data := bytes.Repeat([]byte("a line of a log\n"), 100)
	if *update {
		var w frameWriter
		w.encode(Frame{Tag: "app", Time: time.Unix(1_700_000_000, 0), Hash: contentHash(data), Data: data,
			raw: len(data)}, true)
		golden(t, "frame-s2.golden", slices.Concat(w.head, w.payload))
	}
	b, err := os.ReadFile(filepath.Join("testdata", "frame-s2.golden"))
	if err != nil {
		t.Fatal(err)
	}
	f, _, err := parseFrame(b, nil)
	if err != nil || len(b) > len(data)/2 || !bytes.Equal(f.Data, data) || f.Hash != contentHash(data) {
		t.Errorf("read %d bytes of %d, %v", len(f.Data), len(data), err)
	}
}

// TestGoldenJournal: the journal's bytes are what they were, and what was written before is read.
func TestGoldenJournal(t *testing.T) {
	s := state{last: 42, opened: time.Unix(1_700_000_000, 7)}
	var want []chunkSeen
	b := appendJournalHeader(nil, "sluice v1", s)
	for n, k := range []kind{kindRemoved, kindRedelivered, kindCarried} {
		record := chunkSeen{name: chunkName{uint64(n), 2, 3}, seen: time.Unix(1_700_000_000, int64(n)), kind: k}
		want, b = append(want, record), appendRecord(b, record)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, journalName), golden(t, "journal-v1.golden", b), 0o600); err != nil {
		t.Fatal(err)
	}
	before, found, err := readJournal(OS{}, filepath.Join(dir, journalName))
	if err != nil || before.last != s.last || !before.opened.Equal(s.opened) || !slices.Equal(found, want) {
		t.Errorf("the journal has %+v and %+v, %v", before, found, err)
	}
}
