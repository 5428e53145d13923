package spool_test

import (
	"math/rand/v2"
	"testing"

	"sluice/spool"
)

// BenchmarkAppend appends chunks of 1 MiB that compress by half, each made
// durable, by callers side by side.
func BenchmarkAppend(b *testing.B) {
	data := make([]byte, 1<<20)
	for i := range data {
		data[i] = byte(rand.IntN(16))
	}
	r := open(b, spool.Options{Dir: b.TempDir()})
	b.SetBytes(int64(len(data)))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			seg, err := r.tryAppend("a", string(data))
			if err == nil && seg.Size() > 1<<28 {
				err = r.Seal(seg)
			}
			if err != nil {
				b.Error(err)
			}
		}
	})
}
