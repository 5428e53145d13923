package spool

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// readAll reads a whole file as recovery and shipping do.
func readAll(t *testing.T, file []byte) (chunks []string, damage []Damage, err error) {
	r := bytes.NewReader(file)
	_, start, _, err := readHeader(r, int64(len(file)))
	if err != nil {
		return nil, nil, err
	}
	end := int64(len(file))
	if _, whole, err := readTrailer(r, end); err != nil {
		t.Fatal(err)
	} else if whole {
		end -= int64(trailerSize)
	}
	frames := newFrameReader(r, start, end)
	defer frames.release()
	for {
		f, err := frames.next()
		if err == io.EOF {
			return chunks, frames.damage, nil
		}
		if err != nil {
			t.Fatalf("a file in memory: %v", err)
		}
		chunks = append(chunks, string(f.Data))
	}
}

func appendFrame(dst []byte, compress bool, f Frame) []byte {
	var w frameWriter
	f.raw = len(f.Data)
	w.encode(f, compress, f.Data)
	return append(append(dst, w.head...), w.payload[0]...)
}

// FuzzSegment reads anything: nothing may panic, hang or be claimed to be whole that is not.
func FuzzSegment(f *testing.F) {
	head := appendHeader(nil, header{version: divided, writer: "sluice", stream: "s", meta: []byte("{}")})
	whole := append(slices.Clone(head), head...)
	for i, data := range []string{"one", strings.Repeat("two ", 100)} {
		whole = appendFrame(whole, i == 1,
			Frame{Tag: "tag", Time: time.Unix(1, 2), Hash: contentHash([]byte(data)), Data: []byte(data)})
	}
	whole = appendFrame(whole, false, Frame{Tag: "tag", Time: time.Unix(1, 2), Hash: 7, Data: []byte("part"),
		part: &part{chunk: 9, whole: chunkName{7, 8, 10}}})
	f.Add(whole)
	f.Add(appendTrailer(whole, summary{frames: 2, raw: 403, latest: time.Unix(1, 2)}))
	f.Add(whole[:len(whole)-3])
	f.Add(head)
	f.Add([]byte("SLUICE\x00\x09\x03abc"))
	f.Fuzz(func(t *testing.T, file []byte) {
		_, damage, err := readAll(t, file)
		if err != nil {
			return
		}
		last := int64(0)
		for _, d := range damage {
			if d.From < last || d.To <= d.From || d.To > int64(len(file)) || d.Reason == nil {
				t.Errorf("damage %v behind %d in %d bytes", d, last, len(file))
			}
			last = d.To
		}
	})
}

// FuzzDamage writes two chunks, damages one byte, and wants the chunk that is not hit.
func FuzzDamage(f *testing.F) {
	f.Add("tag", []byte("one"), []byte("SLFRtwoSLTR"), uint32(200), byte(1))
	f.Add("", []byte(strings.Repeat("x", 300)), []byte(nil), uint32(90), byte(0x80))
	f.Fuzz(func(t *testing.T, tag string, one, two []byte, at uint32, flip byte) {
		head := appendHeader(nil, header{version: version, writer: "w", stream: tag, meta: one})
		file := append(slices.Clone(head), head...)
		ends := []int{len(file)}
		for i, data := range [][]byte{one, two} {
			file = appendFrame(file, i == 1,
				Frame{Tag: tag, Time: time.Unix(1, 0), Hash: contentHash(data), Data: data})
			ends = append(ends, len(file))
		}
		if len(head) > headerRoom {
			return // larger than any
		}
		hit := int(at) % len(file)
		file[hit] ^= flip
		chunks, damage, err := readAll(t, file)
		if err != nil {
			t.Fatalf("byte %d: %v", hit, err)
		}
		var want []string
		for n, data := range [][]byte{one, two} {
			if flip == 0 || hit < ends[n] || hit >= ends[n+1] {
				want = append(want, string(data))
			}
		}
		// A frame within the data may come to light when the one around it is damaged.
		if i := 0; len(chunks) < len(want) || len(want) < 2 && len(damage) == 0 {
			t.Errorf("byte %d flipped by %#x: %d chunks, damage %v, want %d", hit, flip, len(chunks), damage, len(want))
		} else {
			for _, c := range chunks {
				if i < len(want) && c == want[i] {
					i++
				}
			}
			if i < len(want) {
				t.Errorf("byte %d flipped by %#x: %q, want %q in it", hit, flip, chunks, want)
			}
		}
	})
}

// FuzzJournal reads anything.
func FuzzJournal(f *testing.F) {
	file := appendJournalHeader(nil, "sluice", state{7, time.Unix(1, 0)})
	f.Add(appendRecord(file, chunkSeen{chunkName{1, 2, 3}, time.Unix(4, 5), kindRedelivered}))
	f.Fuzz(func(t *testing.T, file []byte) {
		before, rest, err := parseJournalHeader(file)
		if err != nil {
			return
		}
		again := appendJournalHeader(nil, string(file[len(journalMagic)+2:][:file[len(journalMagic)+1]]), before)
		for {
			s, ok := parseRecord(rest)
			if !ok {
				break
			}
			again, rest = appendRecord(again, s), rest[recordSize:]
		}
		if !bytes.HasPrefix(file, again) {
			t.Errorf("%x was read as %x", file, again)
		}
	})
}
