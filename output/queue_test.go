package output

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sluice/output/encode/compress"
	"sluice/spool"
)

func segment(id uint64, stream string) *spool.Segment { return &spool.Segment{ID: id, Stream: stream} }

// takeNow returns the job that can be done now, and its ID, 0 if there is none.
func takeNow(q *queue) (*job, uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	from, _ := q.pick()
	if from == nil {
		return nil, 0
	}
	j, _ := q.pop(from)
	return j, j.segment.ID
}

// await waits for a job, nil at the end of ctx.
func await(ctx context.Context, q *queue) *job {
	j, _ := q.take(ctx)
	return j
}

func TestQueueOrder(t *testing.T) {
	now := time.Unix(0, 0)
	for _, ordered := range []bool{true, false} {
		q := newQueue(ordered, 2, func() time.Time { return now })
		q.add(segment(1, "a"))
		q.add(segment(2, "a"))
		q.add(segment(3, "b"))
		first, _ := takeNow(q)
		second := map[bool]uint64{true: 3, false: 2}[ordered]
		if _, id := takeNow(q); id != second {
			t.Errorf("ordered %v: after 1 comes %d, want %d", ordered, id, second)
		}
		if !ordered {
			continue
		}
		q.retry(first, time.Minute, transient)
		if _, id := takeNow(q); id != 0 {
			t.Errorf("%d is taken while an earlier one of its stream waits", id)
		}
		now = now.Add(time.Minute)
		if _, id := takeNow(q); id != 1 {
			t.Errorf("after its wait comes %d, want 1", id)
		}
		q.done(first, true)
		if _, id := takeNow(q); id != 2 {
			t.Errorf("when 1 is done comes %d, want 2", id)
		}
	}
}

// Streams that fail, and hang, leave a worker to the others.
func TestQueueLeavesAWorker(t *testing.T) {
	now := time.Unix(0, 0)
	q := newQueue(true, 3, func() time.Time { return now })
	for id := range uint64(4) {
		q.add(segment(id+1, fmt.Sprint(id)))
	}
	fail := func(n int, why failure) {
		for range n {
			j, _ := takeNow(q)
			q.retry(j, time.Second, why)
		}
		now = now.Add(time.Second)
	}
	fail(2, transient) // below what counts as an outage
	var got []uint64
	for range 4 {
		_, id := takeNow(q)
		got = append(got, id)
	}
	if want := []uint64{1, 3, 2, 4}; !slices.Equal(got, want) {
		t.Errorf("taken %v, want those that failed and those that did not in turn: %v", got, want)
	}
	q = newQueue(true, 3, func() time.Time { return now })
	for id := range uint64(4) {
		q.add(segment(id+1, fmt.Sprint(id)))
	}
	fail(4, internal) // says nothing about the server
	for range 2 {
		if _, id := takeNow(q); id == 0 {
			t.Error("none is taken, want two of those that failed")
		}
	}
	if _, id := takeNow(q); id != 0 {
		t.Errorf("%d is taken, want a worker left for others", id)
	}
}

// When nothing gets through, one job at a time is tried, and the first that does
// get through has all others tried at once.
func TestQueueOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(true, 4, time.Now)
		for id := range uint64(100) {
			q.add(segment(id+1, fmt.Sprint(id)))
		}
		var up atomic.Bool
		var tried, at, most atomic.Int64
		for range 4 {
			go func() {
				for j := await(t.Context(), q); j != nil; j = await(t.Context(), q) {
					tried.Add(1)
					most.Store(max(most.Load(), at.Add(1)))
					time.Sleep(time.Second)
					at.Add(-1)
					if up.Load() {
						q.done(j, true)
					} else {
						q.retry(j, time.Minute, transient)
					}
				}
			}()
		}
		time.Sleep(5 * time.Minute)
		before := tried.Load()
		most.Store(at.Load())
		time.Sleep(time.Hour)
		if n := tried.Load() - before; most.Load() > 1 || n < 200 || n > 500 {
			t.Errorf("%d tries in an hour without a server, %d at once, want one every 15 s at most", n, most.Load())
		}
		up.Store(true)
		start := time.Now()
		for q.len() > 0 {
			time.Sleep(time.Second)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("all was done %v after the outage, want the longest pause and 25 s of work", took)
		}
	})
}

func TestQueueWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(true, 2, time.Now)
		got := make(chan uint64)
		go func() {
			for range 2 {
				j := await(t.Context(), q)
				got <- j.segment.ID
				q.retry(j, time.Hour, transient)
			}
		}()
		synctest.Wait()
		q.add(segment(1, "a"))
		if id := <-got; id != 1 {
			t.Errorf("took %d", id)
		}
		start := time.Now()
		if <-got; time.Since(start) != time.Hour {
			t.Errorf("taken again after %v, want an hour", time.Since(start))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if j := await(ctx, q); j != nil {
			t.Errorf("took %d after the end", j.segment.ID)
		}
	})
}

func TestQueueDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(true, 2, time.Now)
		for id := range uint64(3) {
			q.add(segment(id+1, "a"))
		}
		waiting := await(t.Context(), q)
		q.retry(waiting, time.Hour, transient)
		go func() {
			for j := await(t.Context(), q); j != nil; j = await(t.Context(), q) {
				time.Sleep(time.Second)
				if j.segment.ID == 2 {
					q.retry(j, time.Second, transient) // fails; 3 must wait for it
				} else {
					q.done(j, true)
				}
			}
		}()
		start := time.Now()
		if left := q.drain(t.Context()); left != 2 || time.Since(start) != 2*time.Second {
			t.Errorf("drained in %v with %d left, want 1 at once, 2 tried, 3 not", time.Since(start), left)
		}
	})
}

// A stop does not try all of many streams when nothing gets through.
func TestQueueDrainEndsInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(true, 1, time.Now)
		for id := range uint64(1000) {
			q.add(segment(id+1, fmt.Sprint(id)))
		}
		go func() {
			for j := await(t.Context(), q); j != nil; j = await(t.Context(), q) {
				time.Sleep(time.Second)
				q.retry(j, time.Second, transient)
			}
		}()
		start := time.Now()
		if left := q.drain(t.Context()); left != 1000 || time.Since(start) != outageFailures*time.Second {
			t.Errorf("drained in %v with %d left", time.Since(start), left)
		}
	})
}

func TestQueueDrainEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(true, 2, time.Now)
		q.add(segment(1, "a"))
		q.take(t.Context()) // hangs
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		start := time.Now()
		if left := q.drain(ctx); left != 1 || time.Since(start) != 4*time.Second {
			t.Errorf("drain = %d after %v", left, time.Since(start))
		}
	})
}

func TestRatios(t *testing.T) {
	for codec, want := range map[compress.Codec]int64{compress.None: 1150, compress.Gzip: 250, compress.Snappy: 400} {
		r := ratios{codec: codec}
		for _, step := range []struct {
			raw, stored int64 // of an object, 0 for none
			want        int64
		}{
			{0, 0, want},
			{10, 10_000, want}, // too little to learn from
			{1_000_000, 100_000, 100},
			{1_000_000, 300_000, 200},
		} {
			r.learn("a", step.raw, step.stored)
			if got := r.estimate("a", 1000); got != step.want {
				t.Errorf("codec %d after %d → %d: %d, want %d", codec, step.raw, step.stored, got, step.want)
			}
		}
		if got := r.estimate("b", 1000); got != want {
			t.Errorf("codec %d: another stream is estimated at %d, want %d", codec, got, want)
		}
	}
}

func TestBackoff(t *testing.T) {
	for failures, most := range map[int]time.Duration{0: time.Second, 3: 8 * time.Second, 100: time.Minute} {
		for range 100 {
			if d := backoff(failures, maxBackoff); d > most || d <= most/2-1 {
				t.Fatalf("after %d failures: %v, want %v to %v", failures, d, most/2, most)
			}
		}
	}
}

// A segment that was shipped while it was being looked at is not begun again.
func TestGrownTooLate(t *testing.T) {
	dir := t.TempDir()
	q := newQueue(true, 2, time.Now)
	s, err := spool.Open(spool.Options{Dir: dir, Opened: q.open, Sealed: q.add})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(0)
	take := func() (seg *spool.Segment) {
		t.Helper()
		chunk := spool.Chunk{Data: make([]byte, eagerSize)}
		if seg, err = s.Append("a", chunk, func() ([]byte, error) { return nil, nil }); err != nil {
			t.Fatal(err)
		}
		return seg
	}
	first := take()
	q.offerEager(first)
	begun, _ := takeNow(q)
	if begun == nil || begun.state != eager {
		t.Fatalf("the segment is not begun: %+v", begun)
	}
	if err := s.Seal(first); err != nil {
		t.Fatal(err)
	}
	q.park(begun, false)
	whole, _ := takeNow(q)
	if whole != begun || !whole.state.isSealed() {
		t.Fatalf("the sealed segment is not taken: %+v", whole)
	}
	q.done(whole, true)
	q.offerEager(first)
	next := take()
	if err := s.Seal(next); err != nil {
		t.Fatal(err)
	}
	if j, id := takeNow(q); id != next.ID {
		t.Errorf("the next segment is not taken, but %+v", j)
	}
}

// A segment is not begun while an older one of its stream is on its way, and be it that this one is just being
// sealed: their objects would change places.
func TestGrownInOrder(t *testing.T) {
	q := newQueue(true, 2, time.Now)
	s, err := spool.Open(spool.Options{Dir: t.TempDir(), Opened: q.open, Sealed: func(*spool.Segment) {}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(0)
	take := func() *spool.Segment {
		t.Helper()
		seg, err := s.Append("a", spool.Chunk{Data: make([]byte, eagerSize)},
			func() ([]byte, error) { return nil, nil })
		if err != nil {
			t.Fatal(err)
		}
		return seg
	}
	first := take()
	if err := s.Seal(first); err != nil { // the queue has not heard of it yet
		t.Fatal(err)
	}
	second := take()
	q.offerEager(second)
	if _, id := takeNow(q); id != 0 {
		t.Errorf("%x is begun before %x is shipped", id, first.ID)
	}
	q.add(first)
	j, id := takeNow(q)
	if id != first.ID {
		t.Fatalf("%x is taken, want %x", id, first.ID)
	}
	q.done(j, true)
	q.offerEager(second)
	if _, id := takeNow(q); id != second.ID {
		t.Errorf("then %x is taken, want %x", id, second.ID)
	}
}

// An outage holds back the streams that have not failed, too.
func TestQueueOutageFresh(t *testing.T) {
	now := time.Unix(0, 0)
	q := newQueue(true, 2, func() time.Time { return now })
	for id := range uint64(1000) {
		q.add(segment(id+1, fmt.Sprint(id)))
	}
	tried := 0
	for j, _ := takeNow(q); j != nil; j, _ = takeNow(q) {
		tried++
		q.retry(j, time.Minute, transient)
	}
	if tried != outageFailures {
		t.Errorf("%d streams were tried within no time, want %d", tried, outageFailures)
	}
	now = now.Add(maxOutagePause)
	if _, id := takeNow(q); id == 0 {
		t.Error("nothing is tried when the pause is over")
	}
}

// A stop goes on when three streams in a row are denied: that says nothing of the others.
func TestQueueDrainGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(true, 4, time.Now)
		for id := range uint64(100) {
			q.add(segment(id+1, fmt.Sprint(id)))
		}
		go func() {
			for j := await(t.Context(), q); j != nil; j = await(t.Context(), q) {
				if j.segment.ID <= outageFailures {
					q.retry(j, time.Minute, needsOperator)
				} else {
					q.done(j, true)
				}
			}
		}()
		if left := q.drain(t.Context()); left != outageFailures {
			t.Errorf("%d segments are left, want the %d that were denied", left, outageFailures)
		}
	})
}
