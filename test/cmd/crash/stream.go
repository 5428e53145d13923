package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"sluice/test/testenv"
)

// stream is a load with one tag: batches of lines, each posted once. Count grows as they are offered.
type stream struct {
	testenv.Lines
	noise  int           // bytes of a line that do not compress; 0 for lines of a web shop
	batch  int           // lines of a request
	pause  time.Duration // between requests
	unsure []span        // what was offered without an answer
}

// span is the lines from first to before end.
type span struct{ first, end int }

// bigTag has objects that are uploaded in parts; the other tags' are small.
const bigTag = "big.noise"

// smallTags are many, so that there is mostly a chunk on its way when a signal comes.
const smallTags = 12

func newStreams() []*stream {
	var all []*stream
	for i := range smallTags {
		lines := testenv.Lines{Tag: fmt.Sprintf("small.orders%d", i), Mark: fmt.Sprintf("ord%d-", i), JSON: true}
		all = append(all, &stream{Lines: lines, batch: 8, pause: 50 * time.Millisecond})
	}
	big := testenv.Lines{Tag: bigTag, Mark: "big-", JSON: true}
	return append(all, &stream{Lines: big, noise: 100_000, batch: 10, pause: 150 * time.Millisecond})
}

// write writes lines as a request has them.
func (s *stream) write(w io.Writer, lines span) error {
	if s.noise == 0 {
		return s.Write(w, lines.first, lines.end)
	}
	for n := lines.first; n < lines.end; n++ {
		if _, err := fmt.Fprintf(w, `{"id":"%s%09d","noise":"%s"}`+"\n", s.Mark, n, s.noiseOf(n)); err != nil {
			return err
		}
	}
	return nil
}

func (s *stream) noiseOf(n int) string {
	var seed [32]byte
	copy(seed[:], fmt.Sprint(n))
	random := make([]byte, s.noise/2)
	_, _ = rand.NewChaCha8(seed).Read(random) // it never fails
	return hex.EncodeToString(random)
}
