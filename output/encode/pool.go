package encode

import (
	"io"
	"slices"
	"sync"

	"sluice/output/encode/compress"
)

// Pool reuses Encoders: a compressor's tables exceed a megabyte. It is safe for concurrent
// use.
type Pool struct {
	Cores compress.Cores // that Encoders may use; may be nil

	mu   sync.Mutex // guards idle
	idle []pooled
}

type pooled struct {
	Encoder
	opts Options
}

// maxIdle is how many Encoders are kept.
const maxIdle = 8

// Get returns an Encoder like New.
func (p *Pool) Get(dst io.Writer, o Options) (Encoder, error) {
	w := p.take(o)
	if w == nil {
		return New(dst, o, p.Cores)
	}
	w.Reset(dst)
	return w, nil
}

// take returns the Encoder with these options that was used last, or nil.
func (p *Pool) take(o Options) Encoder {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, w := range slices.Backward(p.idle) {
		if w.opts == o {
			p.idle = slices.Delete(p.idle, i, i+1)
			return w.Encoder
		}
	}
	return nil
}

// Put returns an Encoder with these options to the pool. Its Close must have succeeded.
func (p *Pool) Put(w Encoder, o Options) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) < maxIdle {
		p.idle = append(p.idle, pooled{w, o})
	}
}
