package output

import (
	"sync"

	"sluice/output/encode/compress"
)

// ratios estimates an object's size from the size of the last ones of its stream. It is
// safe for concurrent use.
type ratios struct {
	codec compress.Codec

	mu     sync.Mutex         // guards factor
	factor map[string]float64 // by stream: stored bytes for each byte of data
}

// maxRatios bounds the memory: beyond it, all are forgotten and learned again.
const maxRatios = 10_000

// firstGuess is the stored size of a byte of data before a stream's first object: JSON is
// longer than msgpack, and log lines compress well.
var firstGuess = map[compress.Codec]float64{
	compress.None:   1.15,
	compress.Gzip:   0.25,
	compress.Zstd:   0.25,
	compress.Snappy: 0.4,
}

// estimate returns the stored size of raw bytes of data.
func (r *ratios) estimate(stream string, raw int64) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	factor, known := r.factor[stream]
	if !known {
		factor = firstGuess[r.codec]
	}
	return int64(float64(raw) * factor)
}

// minSample is how many bytes of data make an object significant.
const minSample = 64 << 10

// learn adds an object to the estimate, with as much weight as all before it.
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
