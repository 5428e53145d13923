// Package recovery crashes a spool on a disk that forgets, before each of its operations, and wants each
// chunk that was answered, and each that is delivered again, to be stored once.
package spool_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sluice/spool"
	"sluice/spool/spooltest"
)

const dir = "/spool"

// world is Fluent Bit before the spool and S3 behind it; both outlast every crash.
type world struct {
	plan
	disk *spooltest.Disk
	now  time.Time

	waiting  []string // chunks that Fluent Bit has, in order
	answered []string // those that were answered OK and whose answer Fluent Bit has not noted
	objects  map[uint64][]string
	numbers  map[string]uint64 // segments by their numbers, which the counter has given

	spool   *spool.Spool
	counter *spool.Counter
	sealed  []*spool.Segment
	told    []string // warnings

	delivered int // how often a chunk came
}

// chunks are what Fluent Bit delivers.
const chunks = 9

// plan is what happens besides.
type plan struct {
	streams int
	units   int // of which each chunk consists: with more than one it is divided
	seal    int // after so many chunks
	ship    int // after so many chunks
	// unacked is how many of the last answers Fluent Bit has not noted when it dies. With
	// FLB_OUTPUT_SYNCHRONOUS there may be two: the next flush begins before the last chunk is gone
	// (flb_engine.c:262).
	unacked int
}

// plans are a busy life and a calm one, and a busy one with divided chunks.
func plans() []plan { return []plan{{2, 1, 4, 5, 2}, {1, 1, 100, 100, 0}, {3, 3, 4, 5, 1}} }

// sizes of chunks. A large one is written in two pieces.
var sizes = []int{0, 700, 6000}

func newWorld(p plan) *world {
	w := &world{
		plan: p, disk: spooltest.New(), now: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC),
		objects: map[uint64][]string{}, numbers: map[string]uint64{},
	}
	for n := range chunks {
		var data string
		for u := range p.units {
			data += fmt.Sprintf("%s%s\n", unit(n, u), strings.Repeat(string(rune('a'+n)), sizes[(n+u)%len(sizes)]))
		}
		w.waiting = append(w.waiting, data)
	}
	return w
}

// unit is what a unit of a chunk begins with.
func unit(chunk, n int) string { return fmt.Sprintf("chunk %d unit %d ", chunk, n) }

// start is a new process. Fluent Bit delivers what it has no answer to first.
func (w *world) start() (err error) {
	w.now = w.now.Add(time.Second)
	w.waiting, w.answered, w.sealed = append(w.answered, w.waiting...), nil, nil
	w.spool, err = spool.Open(spool.Options{
		Dir: dir, FS: w.disk, Deduplicate: true, MaxOpen: 1, Syncs: 1,
		Now:    func() time.Time { w.now = w.now.Add(time.Millisecond); return w.now },
		Sealed: func(s *spool.Segment) { w.sealed = append(w.sealed, s) },
		Warn:   func(text string) { w.told = append(w.told, text) },
	})
	if err != nil {
		return err
	}
	if w.counter, err = w.spool.Counter("index"); err != nil {
		return err
	}
	for _, seg := range w.sealed {
		n, err := strconv.ParseUint(string(seg.Meta), 10, 64)
		if err != nil {
			return err
		}
		w.counter.Observe(n)
	}
	return nil
}

// deliver hands over the next chunk. An error of the disk leaves it with Fluent Bit, to come again.
func (w *world) deliver() {
	data := w.waiting[0]
	err := w.append(data)
	if err != nil && !errors.Is(err, spool.ErrDuplicate) {
		w.waiting = append(w.waiting[1:], data)
		return
	}
	w.waiting = w.waiting[1:]
	w.answered = append(w.answered, data)
	w.answered = w.answered[max(0, len(w.answered)-w.unacked):]
}

// append appends a chunk, divided if it has several units. Which streams they go to changes with
// each delivery.
func (w *world) append(data string) error {
	chunk := spool.Chunk{Tag: "tag", Data: []byte(data)}
	if w.units == 1 {
		stream := fmt.Sprint("stream ", int(data[len("chunk ")])%w.streams)
		_, err := w.spool.Append(stream, chunk, w.meta)
		return err
	}
	w.delivered++
	var parts []spool.Part
	for u, text := range slices.Collect(strings.Lines(data)) {
		stream := fmt.Sprint("stream ", (w.delivered+u)%w.streams)
		at := slices.IndexFunc(parts, func(p spool.Part) bool { return p.Stream == stream })
		if at < 0 {
			at, parts = len(parts), append(parts, spool.Part{Stream: stream, Meta: w.meta})
		}
		parts[at].Data = append(parts[at].Data, []byte(text))
	}
	_, err := w.spool.AppendParts("base", chunk, parts)
	return err
}

// meta takes a number that no other segment may have.
func (w *world) meta() ([]byte, error) { return fmt.Append(nil, w.counter.Next()), nil }

// shipAll stores all sealed segments that it can.
func (w *world) shipAll(t *testing.T) {
	t.Helper()
	left := w.sealed
	w.sealed = nil
	for _, seg := range left {
		if err := w.shipOne(t, seg); err != nil {
			w.sealed = append(w.sealed, seg)
		}
	}
}

func (w *world) shipOne(t *testing.T, seg *spool.Segment) error {
	var data []string
	damage, err := seg.Frames(func(f spool.Frame) error {
		data = append(data, string(f.Data))
		return nil
	})
	if err != nil {
		return err
	}
	if len(data) > 0 { // else there is nothing to store
		w.store(t, seg, data)
	}
	if err := w.counter.Persist(); err != nil {
		return err
	}
	if len(damage) > 0 {
		_, err = w.spool.Quarantine(seg, fmt.Sprint(damage))
		return err
	}
	return w.spool.Commit(seg)
}

// store makes an object of a segment. What is under its key already is there to stay.
func (w *world) store(t *testing.T, seg *spool.Segment, data []string) {
	t.Helper()
	before, stored := w.objects[seg.ID]
	if stored && !slices.Equal(before, data) {
		t.Errorf("segment %x was stored with %d chunks and now has %d", seg.ID, len(before), len(data))
	}
	if before, taken := w.numbers[string(seg.Meta)]; taken && before != seg.ID {
		t.Errorf("segments %x and %x both have the number %s", before, seg.ID, seg.Meta)
	}
	w.objects[seg.ID], w.numbers[string(seg.Meta)] = data, seg.ID
}

// live does what a process does, as far as it gets: chunks come, segments are sealed and shipped.
func (w *world) live(t *testing.T) {
	t.Helper()
	if w.start() != nil {
		return
	}
	w.shipAll(t) // what was left
	for n := 0; len(w.waiting) > 0 && n < 2*chunks; n++ {
		w.deliver()
		if n%w.plan.seal == w.plan.seal-1 {
			_, _ = w.spool.SealOpened(w.now.Add(-3 * time.Millisecond)) // of the disk: tried again
		}
		if n%w.plan.ship == w.plan.ship-1 {
			w.shipAll(t)
		}
	}
}

// stop ends a process in good order. Fluent Bit has noted all answers but the last.
func (w *world) stop() {
	if w.spool == nil {
		return
	}
	w.answered = w.answered[max(0, len(w.answered)-1):]
	_ = w.spool.Close(len(w.answered))
}

// settle is a last process, on a disk that works: all must be stored, once.
func (w *world) settle(t *testing.T) {
	t.Helper()
	for range 2 {
		w.live(t)
		if w.spool == nil {
			t.Fatal("the spool does not open")
		}
		_, err := w.spool.SealOpened(w.now.Add(time.Hour))
		w.shipAll(t)
		if err = errors.Join(err, w.spool.Close(0)); err != nil || len(w.waiting)+len(w.sealed) > 0 {
			t.Fatalf("%v; %d chunks and %d segments are left", err, len(w.waiting), len(w.sealed))
		}
		w.answered = nil
	}
	var stored strings.Builder
	for _, data := range w.objects {
		stored.WriteString(strings.Join(data, ""))
	}
	for n := range chunks {
		for u := range w.units {
			if found := strings.Count(stored.String(), unit(n, u)); found != 1 {
				t.Errorf("%sis stored %d times", unit(n, u), found)
			}
		}
	}
}
