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
	h := header{version: version, writer: "sluice v1", stream: "logs/app/%Y", meta: []byte(`{"bucket":"logs"}`)}
	head := appendHeader(nil, h)
	segment := slices.Concat(head, head)
	var sum summary
	var want []Frame
	for n, data := range []string{"first", "", "third"} {
		f := Frame{Tag: "app", Time: time.Unix(1_700_000_000, int64(n)), Hash: contentHash([]byte(data)),
			Data: []byte(data), raw: len(data)}
		var w frameWriter
		w.encode(f, false, f.Data)
		segment = slices.Concat(segment, w.head, f.Data)
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

// TestGoldenParts: the same for a segment with parts of divided chunks, and for the file that says which are whole.
func TestGoldenParts(t *testing.T) {
	segment := appendHeader(
		nil,
		header{version: divided, writer: "sluice v1", stream: "logs/app/team-1", meta: []byte("{}")},
	)
	segment = slices.Concat(segment, segment)
	var want []Frame
	for n, p := range []part{{whole: chunkName{1, 2, 3}}, {chunk: 7, whole: chunkName{4, 5, 6}}, {chunk: 8}} {
		data := []byte{byte(n)}
		f := Frame{Tag: "app", Time: time.Unix(1_700_000_000, int64(n)), Hash: 9, Data: data, raw: 1, part: &p}
		var w frameWriter
		w.encode(f, false, data)
		segment, want = slices.Concat(segment, w.head, data), append(want, f)
	}
	file := bytes.NewReader(golden(t, "segment-v3.golden", segment))
	_, start, _, err := readHeader(file, file.Size())
	if err != nil {
		t.Fatal(err)
	}
	r := newFrameReader(file, start, file.Size())
	defer r.release()
	slots := slices.Concat(appendSlot(nil, 6), make([]byte, slotDistance-slotSize), appendSlot(nil, 7))
	known, last, other := readSlots(bytes.NewReader(golden(t, "committed-v1.golden", slots)))
	if !known || last != 7 || other != 0 {
		t.Errorf("the last chunk is %d, known %v, other slot %d", last, known, other)
	}
	c := &commits{known: known, last: last}
	for n, f := range want {
		got, err := r.next()
		if err != nil || *got.part != *f.part || !bytes.Equal(got.Data, f.Data) || c.has(got) != (n < 2) {
			t.Errorf("frame %d is %+v of %+v, committed %v, %v", n, got, got.part, c.has(got), err)
		}
	}
}

// TestGoldenCompressed reads a frame that was compressed by an earlier version of the library, whose output may change.
func TestGoldenCompressed(t *testing.T) {
	data := bytes.Repeat([]byte("a line of a log\n"), 100)
	if *update {
		var w frameWriter
		w.encode(Frame{Tag: "app", Time: time.Unix(1_700_000_000, 0), Hash: contentHash(data), Data: data,
			raw: len(data)}, true, data)
		golden(t, "frame-s2.golden", slices.Concat(w.head, w.payload[0]))
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
