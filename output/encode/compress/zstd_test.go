package compress

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// TestZstdWindow wants the smaller one of what the two windows give, also when there is less than a sample.
func TestZstdWindow(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	form := func(int) []byte {
		return fmt.Appendf(nil, `order %09d of customer %05d: %d items, %d.%02d EUR, to be sent to postal code %05d`,
			random.IntN(1e9), random.IntN(1e5), random.IntN(10), random.IntN(1000), random.IntN(100), random.IntN(1e5))
	}
	var whole [1000][]byte
	for i := range whole {
		whole[i] = fmt.Appendf(nil, "%x",
			[16]uint64{random.Uint64(), random.Uint64(), random.Uint64(), random.Uint64()})
	}
	again := func(i int) []byte { return whole[i%len(whole)] }
	for _, c := range []struct {
		name   string
		lines  int
		line   func(int) []byte
		window int
	}{
		{"lines of one form", 20_000, form, 32 << 10},
		{"lines that come again", 20_000, again, 512 << 10},
		{"few lines that come again", 1500, again, 512 << 10},
	} {
		var plain []byte
		for i := range c.lines {
			plain = append(append(plain, c.line(i)...), '\n')
		}
		var got bytes.Buffer
		s, err := New(&got, Zstd, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Write(plain); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		size := map[int]int{}
		for _, window := range []int{32 << 10, 512 << 10} {
			var out bytes.Buffer
			w, err := zstd.NewWriter(&out, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
				zstd.WithWindowSize(window))
			if err != nil {
				t.Fatal(err)
			}
			if _, err = w.Write(plain); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			size[window] = out.Len()
		}
		if got.Len() != size[c.window] || size[32<<10] == size[512<<10] {
			t.Errorf("%s: got %d bytes of %d, want those of a window of %d, out of %v", c.name, got.Len(), len(plain),
				c.window, size)
		}
	}
}
