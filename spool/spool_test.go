package spool_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/spool"
)

// rig is a spool with the segments that it sealed.
type rig struct {
	*spool.Spool
	mu     sync.Mutex
	sealed []*spool.Segment
}

func open(t testing.TB, o spool.Options) *rig {
	t.Helper()
	r, err := tryOpen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(0) })
	return r
}

func tryOpen(o spool.Options) (*rig, error) {
	r := &rig{}
	o.Sealed = func(s *spool.Segment) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.sealed = append(r.sealed, s)
	}
	var err error
	r.Spool, err = spool.Open(o)
	return r, err
}

func (r *rig) append(t testing.TB, stream, data string) *spool.Segment {
	t.Helper()
	seg, err := r.tryAppend(stream, data)
	if err != nil {
		t.Fatal(err)
	}
	return seg
}

func (r *rig) tryAppend(stream, data string) (*spool.Segment, error) {
	return r.Append(stream, spool.Chunk{Tag: "tag of " + stream, Data: []byte(data)},
		func() ([]byte, error) { return []byte("meta of " + stream), nil })
}

// frames returns the data of a segment's frames, and its damages.
func frames(t testing.TB, s *spool.Segment) (data []string, damage []spool.Damage) {
	t.Helper()
	damage, err := s.Frames(func(f spool.Frame) error {
		data = append(data, string(f.Data))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return data, damage
}

// all returns the data of all sealed segments, which must be whole.
func (r *rig) all(t testing.TB) []string {
	t.Helper()
	data, damage := r.readable(t)
	if len(damage) > 0 {
		t.Errorf("damage: %v", damage)
	}
	return data
}

func (r *rig) readable(t testing.TB) (data []string, damage []spool.Damage) {
	t.Helper()
	for _, s := range r.sealed {
		d, bad := frames(t, s)
		data, damage = append(data, d...), append(damage, bad...)
	}
	return data, damage
}

func files(t testing.TB, dir, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestAppendSealCommit(t *testing.T) {
	dir := t.TempDir()
	r := open(t, spool.Options{Dir: dir})
	first := r.append(t, "a", "one")
	if same := r.append(t, "a", strings.Repeat("two", 1000)); same != first {
		t.Error("chunks of one stream went to two segments")
	}
	other := r.append(t, "b", "three")
	if other == first || len(files(t, dir, "*.active")) != 2 {
		t.Error("two streams share a segment")
	}
	for range 2 { // the second time does nothing
		if err := r.Seal(first); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.all(t); !slices.Equal(got, []string{"one", strings.Repeat("two", 1000)}) {
		t.Errorf("sealed frames are %.20q", got)
	}
	if string(first.Meta) != "meta of a" || first.Stream != "a" || first.Raw() != 3003 {
		t.Errorf("segment has meta %q, stream %q, %d raw bytes", first.Meta, first.Stream, first.Raw())
	}
	if err := r.Commit(first); err != nil {
		t.Fatal(err)
	}
	if left := files(t, dir, "*.sealed"); len(left) != 0 || r.Used() != other.Size() {
		t.Errorf("after commit: files %v, %d bytes used, want none and %d", left, r.Used(), other.Size())
	}
	if next := r.append(t, "a", "four"); next == first || next.ID <= other.ID {
		t.Errorf("the next segment has ID %x after %x", next.ID, other.ID)
	}
}

func TestSealOpened(t *testing.T) {
	now := time.Unix(1000, 0)
	r := open(t, spool.Options{Dir: t.TempDir(), Now: func() time.Time { return now }})
	r.append(t, "a", "1")
	now = now.Add(time.Minute)
	r.append(t, "b", "2")
	r.append(t, "a", "3") // does not make a younger
	oldest, err := r.SealOpened(now.Add(-time.Minute))
	if err != nil || !oldest.Equal(now) || !slices.Equal(r.all(t), []string{"1", "3"}) {
		t.Errorf("SealOpened = %v, %v with %q, want %v and the frames of a", oldest, err, r.all(t), now)
	}
	if oldest, err = r.SealOpened(now); err != nil || !oldest.IsZero() {
		t.Errorf("SealOpened = %v, %v, want none left", oldest, err)
	}
}

// crash takes what a crash would leave: the folder as it is, under a new name.
func crash(t *testing.T, dir string) string {
	t.Helper()
	copied := t.TempDir()
	for _, name := range files(t, dir, "*") {
		if filepath.Base(name) == "quarantine" {
			continue
		}
		b, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(filepath.Join(copied, filepath.Base(name)), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return copied
}

func TestRecoverCutsATornTail(t *testing.T) {
	dir := t.TempDir()
	r := open(t, spool.Options{Dir: dir})
	r.append(t, "a", "one")
	whole := r.append(t, "a", "two").Size()
	r.append(t, "a", "three")
	full, err := os.ReadFile(files(t, dir, "*.active")[0])
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(files(t, dir, "*.active")[0])
	for size := range len(full) + 1 {
		torn := t.TempDir()
		if err := os.WriteFile(filepath.Join(torn, name), full[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		again := open(t, spool.Options{Dir: torn})
		got := again.all(t)
		want := []string{"one", "two", "three"}[:len(got)]
		if !slices.Equal(got, want) || (int64(size) >= whole && len(got) < 2) || (size == len(full) && len(got) < 3) {
			t.Fatalf("%d of %d bytes: recovered %q", size, len(full), got)
		}
		if len(got) > 0 && (again.sealed[0].Stream != "a" || string(again.sealed[0].Meta) != "meta of a") {
			t.Fatalf("%d bytes: stream %q, meta %q", size, again.sealed[0].Stream, again.sealed[0].Meta)
		}
		if left := files(t, torn, "*.active"); len(left) != 0 {
			t.Fatalf("%d bytes: %v is still active", size, left)
		}
	}
}

func TestDamageInTheMiddle(t *testing.T) {
	dir := t.TempDir()
	r := open(t, spool.Options{Dir: dir})
	start := r.append(t, "a", "one").Size()
	end := r.append(t, "a", "SLFR two SLFR").Size() // markers in the data
	r.append(t, "a", "three")
	for at := start; at < end; at++ {
		damaged := crash(t, dir)
		name := files(t, damaged, "*.active")[0]
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		b[at] ^= 0x10
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		again := open(t, spool.Options{Dir: damaged})
		got, damage := frames(t, again.sealed[0])
		if !slices.Equal(got, []string{"one", "three"}) || len(damage) != 1 || damage[0].From != start ||
			damage[0].To != end {
			t.Fatalf("byte %d flipped: read %q with damage %v, want one and three and bytes %d to %d", at, got, damage,
				start, end)
		}
	}
}

func TestUnreadableSegmentsGoToQuarantine(t *testing.T) {
	for name, content := range map[string]string{
		"version": "SLUICE\x00\x09\x0asluice 9.0................",
		"foreign": "hello, this is somebody else's file",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "00000000000000aa.sealed"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		var told string
		r := open(t, spool.Options{Dir: dir, Warn: func(text string) { told = text }})
		if len(r.sealed) != 0 || !strings.Contains(told, "quarantine") ||
			len(files(t, dir, "quarantine/*.segment")) != 1 {
			t.Errorf("%s: sealed %d, told %q, quarantine %v", name, len(r.sealed), told, files(t, dir, "quarantine/*"))
		}
		if name == "version" && !strings.Contains(told, "\"sluice 9.0\": it has format version 9") {
			t.Errorf("told %q, want the version", told)
		}
	}
}

func TestLock(t *testing.T) {
	dir := t.TempDir()
	first := open(t, spool.Options{Dir: dir})
	if _, err := tryOpen(spool.Options{Dir: dir}); !errors.Is(err, spool.ErrLocked) ||
		!strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("second Open = %v, want ErrLocked with the process", err)
	}
	if err := first.Close(0); err != nil {
		t.Fatal(err)
	}
	if _, err := first.tryAppend("a", "late"); !errors.Is(err, spool.ErrClosed) {
		t.Errorf("Append after Close = %v, want ErrClosed", err)
	}
	open(t, spool.Options{Dir: dir})
}

func TestLimit(t *testing.T) {
	r := open(t, spool.Options{Dir: t.TempDir(), Limit: 1200})
	random := make([]byte, 300)
	for i := range random {
		random[i] = byte(i*i*7 + i)
	}
	taken := 0
	var err error
	for taken = -1; err == nil; taken++ {
		_, err = r.tryAppend("a", string(random))
	}
	if !errors.Is(err, spool.ErrFull) || taken != 3 || r.Used() > 1200 {
		t.Fatalf("%d chunks, then %v, %d bytes used, want 3 chunks and ErrFull", taken, err, r.Used())
	}
	if _, err := r.SealOpened(time.Unix(1<<40, 0)); err != nil {
		t.Fatal(err)
	}
	if err := r.Commit(r.sealed[0]); err != nil {
		t.Fatal(err)
	}
	r.append(t, "a", string(random))
}

func TestQuarantine(t *testing.T) {
	dir := t.TempDir()
	r := open(t, spool.Options{Dir: dir})
	seg := r.append(t, "a", "one")
	if err := r.Seal(seg); err != nil {
		t.Fatal(err)
	}
	where, err := r.Quarantine(seg, "because")
	if err != nil || r.Used() != 0 {
		t.Fatalf("Quarantine = %q, %v, %d bytes used", where, err, r.Used())
	}
	if reason, err := os.ReadFile(where + ".reason"); err != nil || string(reason) != "because\n" {
		t.Errorf("reason %q, %v", reason, err)
	}
	if n, err := r.Quarantined(); err != nil || n != seg.Size()+int64(len("because\n"))+28 {
		t.Errorf("Quarantined = %d, %v", n, err)
	}
}

func TestCounter(t *testing.T) {
	dir := t.TempDir()
	for n, want := range []uint64{0, 2, 4, 8} { // the last life has heard of 7
		r := open(t, spool.Options{Dir: dir})
		c, err := r.Counter("index")
		if err != nil {
			t.Fatal(err)
		}
		if n == 3 {
			c.Observe(7)
			c.Observe(3)
		}
		for next := range uint64(2) {
			if got := c.Next(); got != want+next {
				t.Errorf("life %d takes %d, want %d", n, got, want+next)
			}
		}
		if err := errors.Join(c.Persist(), r.Close(0)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestConcurrentAppends(t *testing.T) {
	dir := t.TempDir()
	r := open(t, spool.Options{Dir: dir})
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 25 {
				seg, err := r.tryAppend(fmt.Sprint(w%3), fmt.Sprintf("%d-%02d", w, i))
				if err == nil && i%7 == 0 {
					err = r.Seal(seg)
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := r.Close(0); err != nil {
		t.Fatal(err)
	}
	got := r.all(t)
	last := map[byte]string{} // by writer: its chunks must be in order
	slices.SortStableFunc(got, func(a, b string) int { return int(a[0]) - int(b[0]) })
	for _, data := range got {
		if data <= last[data[0]] {
			t.Errorf("%s after %s", data, last[data[0]])
		}
		last[data[0]] = data
	}
	if len(got) != 200 {
		t.Errorf("%d chunks of 200", len(got))
	}
}

func TestFrameKeepsEverything(t *testing.T) {
	data := bytes.Repeat([]byte{0, 1, 2, 255}, 5000)
	for compress, most := range map[bool]int{false: 1<<16 + len(data) + 200, true: 1<<16 + len(data)/2} {
		now := time.Unix(1795321065, 713623060)
		r := open(t, spool.Options{Dir: t.TempDir(), Compress: compress, Now: func() time.Time { return now }})
		seg, err := r.Append("s", spool.Chunk{Tag: strings.Repeat("t", 70_000), Data: data},
			func() ([]byte, error) { return nil, nil })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := seg.Frames(func(f spool.Frame) error {
			if !bytes.Equal(f.Data, data) || !f.Time.Equal(now) || len(f.Tag) != 65535 || f.Hash == 0 {
				t.Errorf("frame has %d bytes, time %v, tag of %d, hash %x", len(f.Data), f.Time, len(f.Tag), f.Hash)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if seg.Size() > int64(most) {
			t.Errorf("compressed %v: %d bytes on disk for %d, want at most %d", compress, seg.Size(), len(data), most)
		}
	}
}

// A goroutine that seals everything while another does the same has all of it handed over when it
// returns.
func TestSealAtTheSameTime(t *testing.T) {
	r := open(t, spool.Options{Dir: t.TempDir()})
	const streams = 200
	for i := range streams {
		r.append(t, fmt.Sprint("stream", i), "x")
	}
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			_, err := r.SealOpened(time.Unix(1<<60, 0))
			r.mu.Lock()
			defer r.mu.Unlock()
			if err != nil || len(r.sealed) != streams {
				t.Errorf("SealOpened returns %v when %d of %d segments are handed over", err, len(r.sealed), streams)
			}
		})
	}
	both.Wait()
}
