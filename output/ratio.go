package output

import (
	"math"
	"sync/atomic"

	"sluice/output/encode"
)

// ratio estimates how large an object becomes from what the last ones became.
// Before the first it goes by how well the spool's own quick compression did.
type ratio struct {
	codec encode.Compression
	bits  atomic.Uint64 // float64: stored bytes for each byte of data, 0 before the first
}

// firstGuess is the size of an object for each byte that the spool takes: JSON
// is longer than msgpack, and gzip and zstd beat S2 on log lines.
var firstGuess = map[encode.Compression]float64{encode.Gzip: 0.6, encode.Zstd: 0.6, encode.Snappy: 1.1}

// plainGuess is the size of uncompressed JSON for each byte of msgpack.
const plainGuess = 1.15

// estimate returns the stored size of raw bytes of data that take disk bytes in
// the spool.
func (r *ratio) estimate(raw, disk int64) int64 {
	if factor := math.Float64frombits(r.bits.Load()); factor != 0 {
		return int64(float64(raw) * factor)
	}
	if guess, ok := firstGuess[r.codec]; ok {
		return int64(float64(disk) * guess)
	}
	return int64(float64(raw) * plainGuess)
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
