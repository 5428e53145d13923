package compress

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// lent are cores that are there or not, by a pattern.
type lent struct {
	pattern []bool

	mu    sync.Mutex // guards what follows
	asked int
	taken int
	left  sync.WaitGroup
}

func (l *lent) TryAcquire() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	there := l.pattern[l.asked%len(l.pattern)]
	l.asked++
	if there {
		l.taken++
		l.left.Add(1)
	}
	return there
}

func (l *lent) Release() { l.left.Done() }

// compressGzip compresses text that comes in pieces.
func compressGzip(t *testing.T, s *gzipSink, pieces ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	s.Reset(&out)
	for _, p := range pieces {
		if n, err := io.WriteString(s, p); n != len(p) || err != nil {
			t.Fatalf("Write = %d, %v", n, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func newTestSink(t *testing.T, cores Cores) *gzipSink {
	t.Helper()
	s, err := newGzipSink(nil, 1, cores)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// lines returns so many bytes of text that is never the same again.
func lines(random *rand.Rand, size int) string {
	var text strings.Builder
	for text.Len() < size {
		fmt.Fprintf(&text, "%016x GET /product/%d\n", random.Uint64(), random.IntN(1000))
	}
	return text.String()[:size]
}

// TestGzipIsTheSameOnManyCores compresses texts that end around a block's end, in
// pieces and on cores of all sorts, and reads them back as one member.
func TestGzipIsTheSameOnManyCores(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	some := &lent{pattern: []bool{true, false, true, true, false}}
	all := &lent{pattern: []bool{true}}
	alone, mixed, spread := newTestSink(t, nil), newTestSink(t, some), newTestSink(t, all)
	for _, size := range []int{0, 1, gzipWindow, gzipBlockSize - 1, gzipBlockSize, gzipBlockSize + 1, 3 * gzipBlockSize,
		gzipMaxPending*gzipBlockSize + 5} {
		text := lines(random, size)
		want := compressGzip(t, alone, text)
		cut := size / 3
		if got := compressGzip(t, mixed, text[:cut], text[cut:]); !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %d on some cores, want the same %d as on one", size, len(got), len(want))
		}
		if got := compressGzip(t, spread, text[:cut/2], text[cut/2:cut], text[cut:]); !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %d on as many cores as there are blocks, want the same %d as on one", size, len(got),
				len(want))
		}
		rest := bytes.NewReader(want)
		r, err := gzip.NewReader(rest)
		if err != nil {
			t.Fatal(err)
		}
		r.Multistream(false)
		if got, err := io.ReadAll(r); string(got) != text || err != nil || rest.Len() > 0 {
			t.Errorf("%d bytes: read %d, %v, with %d behind them", size, len(got), err, rest.Len())
		}
	}
	if kept := len(spread.idle); kept > 0 {
		t.Errorf("%d blocks are kept for the next stream, besides the one that begins it", kept)
	}
	for _, l := range []*lent{some, all} {
		if l.taken == 0 {
			t.Error("no core was taken")
		}
		l.left.Wait() // for ever if one is kept
	}
}

// TestGzipBlocksKnowWhatIsBefore has a text come again behind a block's end.
func TestGzipBlocksKnowWhatIsBefore(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	again := lines(random, gzipWindow/2)
	filler := strings.Repeat("-", gzipBlockSize-len(again))
	once := len(compressGzip(t, newTestSink(t, nil), filler, again))
	if twice := len(compressGzip(t, newTestSink(t, nil), filler, again, again)); twice > once*11/10 {
		t.Errorf("%d bytes with a text once, %d with it twice", once, twice)
	}
}

// TestGzipGoesOn wants Write not to wait for a block that another core works on.
func TestGzipGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // where a wait that has no end is a failure
		s := newTestSink(t, nil)
		s.Reset(io.Discard)
		away, err := s.newBlock()
		if err != nil {
			t.Fatal(err)
		}
		s.sent = append(s.sent, away)
		if err := s.drain(gzipMaxPending); err != nil || len(s.sent) != 1 {
			t.Errorf("pass = %v with %d blocks left, want 1", err, len(s.sent))
		}
		go func() { away.done <- nil }()
		if err := s.drain(0); err != nil || len(s.sent) != 0 {
			t.Errorf("pass = %v with %d blocks left, want none", err, len(s.sent))
		}
	})
}

// TestGzipTellsOfItsDestination wants its error, and all cores given back.
func TestGzipTellsOfItsDestination(t *testing.T) {
	cores := &lent{pattern: []bool{true, true, false}}
	s := newTestSink(t, cores)
	full := errors.New("full")
	s.Reset(failing{full})
	_, err := io.WriteString(s, lines(rand.New(rand.NewPCG(5, 6)), 3*gzipMaxPending*gzipBlockSize))
	if !errors.Is(err, full) {
		t.Errorf("Write = %v, want %v", err, full)
	}
	cores.left.Wait()
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestGzipContainsPanics(t *testing.T) {
	s := newTestSink(t, nil)
	s.block.flate = nil
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), "panic") {
		t.Errorf("Close = %v, want the panic", err)
	}
}
