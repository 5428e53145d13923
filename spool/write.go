package spool

import (
	"slices"
	"sync"

	"github.com/klauspost/compress/s2"
)

// frameWriter encodes a frame and writes it. It is pooled with its buffers.
type frameWriter struct {
	head    []byte
	payload [][]byte // pieces of it
	length  int64    // of head and payload
	block   []byte   // room for a compressed payload
	piece   []byte   // what is written at a time
}

var framePool = sync.Pool{New: func() any { return new(frameWriter) }}

// pieceSize is how many bytes of a frame are written at a time, through one buffer. A
// chunk's memory is new to the kernel, and where a hypervisor keeps the page tables each
// of its pages costs a fault, ten times as much as copying it. A small frame is one write.
const pieceSize = 256 << 10

// encode encodes a frame whose data is in pieces, and is valid as long as they are. With
// compress the payload is compressed if that makes it smaller.
func (w *frameWriter) encode(f Frame, compress bool, data ...[]byte) {
	codec := byte(codecRaw)
	w.payload = append(w.payload[:0], data...)
	if compress {
		whole := data[0]
		if len(data) > 1 {
			whole = slices.Concat(data...)
		}
		if block, ok := w.compress(whole); ok {
			w.payload, codec = append(w.payload[:0], block), codecS2
		}
	}
	w.head = appendFrameHead(w.head[:0], f, codec, w.payload)
	w.length = int64(len(w.head))
	for _, piece := range w.payload {
		w.length += int64(len(piece))
	}
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
	clear(w.payload) // it may be the caller's
	framePool.Put(w)
}

// size returns the frame's length.
func (w *frameWriter) size() int64 { return w.length }

// writeAt writes the frame at an offset. It may be called again.
func (w *frameWriter) writeAt(file File, off int64) error {
	w.piece = append(slices.Grow(w.piece[:0], int(min(w.size(), pieceSize))), w.head...)
	for _, rest := range w.payload {
		for len(rest) > 0 {
			if len(w.piece) == pieceSize {
				if _, err := file.WriteAt(w.piece, off); err != nil {
					return err
				}
				off, w.piece = off+pieceSize, w.piece[:0]
			}
			n := min(len(rest), pieceSize-len(w.piece)) // no head is as long as a piece
			w.piece, rest = append(w.piece, rest[:n]...), rest[n:]
		}
	}
	_, err := file.WriteAt(w.piece, off)
	return err
}
