package spool

import (
	"testing"
	"time"
)

// TestAnsweredIsBounded: of the chunks that were answered, those of the last minute are known and
// the last ones for Close, and not many more.
func TestAnsweredIsBounded(t *testing.T) {
	for _, c := range []struct {
		name        string
		every       time.Duration // a chunk
		least, most int           // how many are known
		recent      int           // how many of them came in the last minute, at least
	}{
		{"seldom", time.Hour, maxUnacked, 2 * maxUnacked, 1},
		{"often", 10 * time.Millisecond, 6001, 2 * 6001, 6001},
		{"at once", 0, maxChunks, 2 * maxChunks, maxChunks},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &dedup{}
			now := time.Unix(1_700_000_000, 0)
			for n := range uint64(3 * maxChunks) {
				now = now.Add(c.every)
				r.record(chunkName{content: n}, now, 1)
				if n < uint64(c.most) {
					continue
				}
				if got := len(r.answered); got < c.least || got > c.most {
					t.Fatalf("after %d chunks, %d are known, want %d to %d", n+1, got, c.least, c.most)
				}
			}
			if got := len(r.recentIn(map[uint64]bool{1: true})); got < c.recent {
				t.Errorf("%d chunks are recent, want at least %d", got, c.recent)
			}
			last := r.answered[len(r.answered)-1]
			if want := uint64(3*maxChunks - 1); last.name.content != want || last.seen != now {
				t.Errorf("the last one is %+v, want number %d at %v", last, want, now)
			}
		})
	}
}
