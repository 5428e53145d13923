package spool

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// Segment is a file of frames that will become one object (or some). Its Meta
// never changes.
type Segment struct {
	ID     uint64
	Stream string
	Meta   []byte    // what the owner needs to know to ship it
	Opened time.Time // arrival of its first frame
	// Recovered says that an earlier process has opened it, and may have begun to
	// ship it.
	Recovered bool

	fs   FS
	path string

	mu   sync.Mutex // guards what follows, and the order of writes
	file File       // nil when sealed
	size int64      // end of the last whole frame
	raw  int64      // bytes of data in its frames, uncompressed
	err  error      // why it takes no more frames
	// young are the chunks that came last, for the journal; the frames of a segment
	// that was recovered are in there already.
	young []sighting

	// syncing is held during an fsync. Callers that come meanwhile wait for it
	// and then find that the next fsync, done by one of them, covers them all.
	syncing sync.Mutex
	synced  int64 // guarded by syncing
}

// write adds a frame behind the last one and returns its end. Nothing is
// durable before sync.
func (g *Segment) write(frame []byte, raw int) (end int64, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err != nil {
		return 0, g.err
	}
	if _, err := g.file.WriteAt(frame, g.size); err != nil {
		err = fmt.Errorf("write segment: %w", err)
		// What is half there is cut off, and the segment can go on when the disk
		// has room again. If it can't be cut, the segment ends here: the frame's
		// checksum tells the reader.
		if cut := g.file.Truncate(g.size); cut != nil {
			g.err = errors.Join(err, cut)
			return 0, g.err
		}
		return 0, err
	}
	g.size += int64(len(frame))
	g.raw += int64(raw)
	return g.size, nil
}

// note remembers a chunk that is durable, and forgets those that are too old to
// come again. It must not know of others: to recognise a chunk that was not taken
// would be to lose it.
func (g *Segment) note(f Frame) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.young = append(g.young, sighting{name: nameOf(g.Stream, f), seen: f.Time})
	old := 0
	for old < len(g.young)-maxRepeats || g.young[old].seen.Before(f.Time.Add(-repeatWindow)) {
		old++
	}
	if old > len(g.young)/2 { // seldom, since it copies
		g.young = append([]sighting(nil), g.young[old:]...)
	}
}

// sync returns when everything before end is durable. After a failed fsync the
// kernel may have dropped the pages: the segment ends at the last good one and
// takes nothing more.
func (g *Segment) sync(end int64) error {
	g.syncing.Lock()
	defer g.syncing.Unlock()
	if g.synced >= end {
		return nil
	}
	g.mu.Lock()
	size, err := g.size, g.err
	g.mu.Unlock()
	if size < end {
		return err // an earlier fsync failed and cut this frame off
	}
	if err := g.file.Sync(); err != nil {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.err = fmt.Errorf("sync segment: %w", err)
		g.size = g.synced
		return errors.Join(g.err, g.file.Truncate(g.size))
	}
	g.synced = size
	return nil
}

// state returns the bytes on disk, the bytes of data, and whether the segment
// still takes frames.
func (g *Segment) state() (size, raw int64, open bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.size, g.raw, g.err == nil && g.file != nil
}

// errSealed is what a writer gets that comes too late; it takes the next segment.
var errSealed = errors.New("segment is sealed")

// close ends writing and makes what was written durable.
func (g *Segment) close() error {
	g.mu.Lock()
	end := g.size
	if g.err == nil {
		g.err = errSealed
	}
	g.mu.Unlock()
	err := g.sync(end)
	g.syncing.Lock()
	defer g.syncing.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	err = errors.Join(err, g.file.Close())
	g.file = nil
	return err
}

// youngest returns the chunks that came last, in order.
func (g *Segment) youngest() []sighting {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.young
}

// forget drops the chunks, if they are older than t: a backlog of segments must
// not keep them. The zero time drops all.
func (g *Segment) forget(t time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n := len(g.young); n > 0 && (t.IsZero() || g.young[n-1].seen.Before(t)) {
		g.young = nil
	}
}

// Size returns how many bytes the segment has on disk.
func (g *Segment) Size() int64 {
	size, _, _ := g.state()
	return size
}

// Raw returns how many bytes of data its frames hold.
func (g *Segment) Raw() int64 {
	_, raw, _ := g.state()
	return raw
}

// Damage is a part of a segment that cannot be read.
type Damage struct {
	From, To int64 // bytes of the file
	Reason   error
}

func (d Damage) String() string {
	return fmt.Sprintf("bytes %d to %d: %v", d.From, d.To, d.Reason)
}

// Frames calls each for every whole frame in order; the frame's Data is valid
// only during the call. It stops at each's first error and returns it. Parts
// that cannot be read are skipped and returned. Several goroutines may read one
// segment.
func (g *Segment) Frames(each func(Frame) error) ([]Damage, error) {
	file, err := g.fs.Open(g.path)
	if err != nil {
		return nil, fmt.Errorf("read segment: %w", err)
	}
	defer file.Close()
	size := g.Size()
	_, start, err := readHeader(file, size)
	if err != nil {
		return nil, fmt.Errorf("read segment %s: %w", g.path, err)
	}
	r := frameReader{file: file, off: start, end: size}
	for {
		f, err := r.next()
		if err == io.EOF {
			return r.damage, nil
		}
		if err != nil {
			return r.damage, fmt.Errorf("read segment %s: %w", g.path, err)
		}
		if err := each(f); err != nil {
			return r.damage, err
		}
	}
}
