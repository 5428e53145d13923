package spool

import (
	"slices"
	"sync"

	"github.com/klauspost/compress/s2"
)

// frameWriter encodes a frame and writes it. It is pooled with its buffers.
type frameWriter struct {
	head, payload []byte // of the frame
	block         []byte // room for a compressed payload
	piece         []byte // what is written at a time
}

var framePool = sync.Pool{New: func() any { return new(frameWriter) }}

// pieceSize is how many bytes of a frame are written at a time, through one buffer. A
// chunk's memory is new to the kernel, and where a hypervisor keeps the page tables each
// of its pages costs a fault, ten times as much as copying it. A small frame is one write.
const pieceSize = 256 << 10

// encode encodes a frame, which is valid as long as its Data is. With compress the payload
// is compressed if that makes it smaller.
func (w *frameWriter) encode(f Frame, compress bool) {
	payload, codec := f.Data, byte(codecRaw)
	if compress {
		if block, ok := w.compress(f.Data); ok {
			payload, codec = block, codecS2
		}
	}
	w.head, w.payload = appendFrameHead(w.head[:0], f, codec, payload), payload
}

// compress returns data as an S2 block, or false if that would not be smaller.
func (w *frameWriter) compress(data []byte) ([]byte, bool) {
	room := s2.MaxEncodedLen(len(data))
	if room < 0 {
		return nil, false
	}
	w.block = slices.Grow(w.block[:0], room)
	w.block = s2.Encode(w.block[:room], data)
	return w.block, len(w.block) < len(data)
}

// release returns the writer to the pool.
func (w *frameWriter) release() {
	w.payload = nil // it may be the caller's
	framePool.Put(w)
}

// size returns the frame's length.
func (w *frameWriter) size() int64 { return int64(len(w.head) + len(w.payload)) }

// writeAt writes the frame at an offset. It may be called again.
func (w *frameWriter) writeAt(file File, off int64) error {
	piece := append(slices.Grow(w.piece[:0], int(min(w.size(), pieceSize))), w.head...)
	for rest := w.payload; ; piece = piece[:0] {
		n := min(len(rest), pieceSize-len(piece)) // no head is as long as a piece
		piece, rest = append(piece, rest[:n]...), rest[n:]
		if _, err := file.WriteAt(piece, off); err != nil {
			return err
		}
		off += int64(len(piece))
		if len(rest) == 0 {
			w.piece = piece
			return nil
		}
	}
}
