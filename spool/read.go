package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Damage is a part of a segment that cannot be read.
type Damage struct {
	From, To int64 // bytes of the file
	Reason   error
}

func (d Damage) String() string {
	return fmt.Sprintf("bytes %d to %d: %v", d.From, d.To, d.Reason)
}

// Reader reads a segment's frames, also while more are appended. It must not be used by
// several goroutines at once; a segment can have several Readers.
type Reader struct {
	segment *Segment
	file    File
	frames  *frameReader
	evicted int64 // end of what was evicted
}

// evictSize is how many bytes are read before they are evicted from the page cache: new
// data takes their place, and writing to memory that was in use a moment ago costs less.
const evictSize = 4 << 20

// Open returns a Reader at the first frame.
func (g *Segment) Open() (*Reader, error) {
	g.mu.Lock()
	defer g.mu.Unlock() // the segment may be about to be renamed
	file, err := g.fs.Open(g.path)
	if errors.Is(err, os.ErrNotExist) {
		err = ErrVanished
	}
	if err != nil {
		return nil, fmt.Errorf("read segment %s: %w", g.path, err)
	}
	return &Reader{segment: g, file: file, frames: newFrameReader(file, g.start, g.start)}, nil
}

// Frames calls each for every whole frame that is durable and has not been read, in order.
// A frame's Data is valid only during the call. Frames stops at the first error of each
// and returns it; the Reader cannot be used then. Parts that cannot be read are skipped
// and returned.
//
// It fails while frames whose sync failed might reappear after a crash: what is stored of
// the segment must be all that the next start would find.
func (r *Reader) Frames(each func(Frame) error) ([]Damage, error) {
	if err := r.segment.cut(); err != nil {
		return nil, fmt.Errorf("read segment %016x: cut off frames that could not be synced: %w", r.segment.ID, err)
	}
	frames := r.frames
	frames.end, frames.damage = r.segment.durable(), nil
	for {
		f, err := frames.next()
		if err == io.EOF {
			return frames.damage, nil
		}
		if err != nil {
			return frames.damage, fmt.Errorf("read segment %016x: %w", r.segment.ID, err)
		}
		if err := each(f); err != nil {
			return frames.damage, err
		}
		if frames.off-r.evicted >= evictSize {
			r.evicted = frames.off
			r.file.Evict(r.evicted)
		}
	}
}

// Close closes the Reader.
func (r *Reader) Close() error {
	r.frames.release()
	return r.file.Close()
}

// Frames calls each for every frame, like Reader.Frames.
func (g *Segment) Frames(each func(Frame) error) ([]Damage, error) {
	r, err := g.Open()
	if err != nil {
		return nil, err
	}
	damage, err := r.Frames(each)
	return damage, errors.Join(err, r.Close())
}
