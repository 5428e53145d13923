package output

import (
	"math"
	"sync/atomic"
)

// ratio estimates how large an object becomes from what the last ones became.
// The zero value expects objects as large as their data.
type ratio struct {
	bits atomic.Uint64 // float64: stored bytes for each byte of data, 0 before the first
}

// estimate returns the stored size of raw bytes of data.
func (r *ratio) estimate(raw int64) int64 {
	factor := math.Float64frombits(r.bits.Load())
	if factor == 0 {
		factor = 1
	}
	return int64(float64(raw) * factor)
}

// minSample is the data that an object must have had to say something, bytes.
const minSample = 64 << 10

// learn takes an object into account, with as much weight as all before it.
func (r *ratio) learn(raw, stored int64) {
	if raw < minSample {
		return
	}
	factor := float64(stored) / float64(raw)
	if old := math.Float64frombits(r.bits.Load()); old != 0 {
		factor = (old + factor) / 2
	}
	r.bits.Store(math.Float64bits(factor))
}
