package output

import (
	"sync"

	"sluice/output/encode"
)

// ratios estimate how large an object becomes from what the last ones of its
// stream became. Before the first, they go by how well the spool's own quick
// compression did. It is safe for concurrent use.
type ratios struct {
	codec encode.Compression

	mu     sync.Mutex         // guards factor
	factor map[string]float64 // by stream: stored bytes for each byte of data
}

// maxRatios bounds the memory: with more streams all are learned anew.
const maxRatios = 10_000

// firstGuess is the size of an object for each byte that the spool takes: JSON
// is longer than msgpack, and gzip and zstd beat S2 on log lines.
var firstGuess = map[encode.Compression]float64{encode.Gzip: 0.6, encode.Zstd: 0.6, encode.Snappy: 1.1}

// plainGuess is the size of uncompressed JSON for each byte of msgpack.
const plainGuess = 1.15

// estimate returns the stored size of raw bytes of data that take disk bytes in
// the spool.
func (r *ratios) estimate(stream string, raw, disk int64) int64 {
	r.mu.Lock()
	factor, known := r.factor[stream]
	r.mu.Unlock()
	if known {
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
func (r *ratios) learn(stream string, raw, stored int64) {
	if raw < minSample {
		return
	}
	factor := float64(stored) / float64(raw)
	r.mu.Lock()
	defer r.mu.Unlock()
	if old, known := r.factor[stream]; known {
		factor = (old + factor) / 2
	} else if r.factor == nil || len(r.factor) >= maxRatios {
		r.factor = map[string]float64{}
	}
	r.factor[stream] = factor
}
