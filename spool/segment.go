package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Segment is a file of frames that becomes one object. Its Meta never changes.
type Segment struct {
	ID     uint64
	Stream string
	Meta   []byte // what the owner needs to ship it
	Opened time.Time
	// Recovered is set if an earlier process opened the segment, and so may have begun to
	// ship it.
	Recovered bool

	fs     FS
	files  *fileCache // of active segments
	closed bool       // guarded by files.mu
	start  int64      // of its first frame

	mu     sync.Mutex // guards what follows, and the order of writes
	path   string     // may be read without mu once the segment is sealed
	size   int64      // end of the last whole frame
	sum    summary    // of its frames
	err    error      // why it takes no more frames
	uncut  bool       // frames behind size, which were not acknowledged, may reappear after a crash
	sealed bool

	// syncing is held during an fsync. Callers that arrive meanwhile wait for it, and
	// then the next fsync, made by one of them, covers them all.
	syncing sync.Mutex
	synced  int64 // guarded by syncing, as is named; changed with mu held, too
	named   bool  // the file's name is durable
}

// append makes a frame durable behind the last one.
func (g *Segment) append(w *frameWriter, f Frame) error {
	file, err := g.acquire()
	if err != nil {
		return err
	}
	defer g.files.release(g)
	end, err := g.write(file, w, f)
	if err != nil {
		return err
	}
	return g.sync(file, end)
}

// acquire returns the file, which stays open until it is released. The segment ends if the
// file is gone.
func (g *Segment) acquire() (File, error) {
	file, err := g.files.acquire(g)
	if errors.Is(err, os.ErrNotExist) {
		return nil, g.end(fmt.Errorf("open segment: %w", ErrVanished))
	}
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	return file, nil
}

// write adds a frame behind the last one and returns its end. Nothing is
// durable before sync.
func (g *Segment) write(file File, w *frameWriter, f Frame) (int64, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err != nil {
		return 0, g.err
	}
	if err := w.writeAt(file, g.size); err != nil {
		err = fmt.Errorf("write segment: %w", err)
		// The partial frame is cut off, so that the segment can go on when the disk has
		// room again. If it cannot be cut off, the segment ends here: the reader sees
		// that the frame's checksum is wrong.
		if cut := file.Truncate(g.size); cut != nil {
			g.err = errors.Join(err, cut)
			return 0, g.err
		}
		return 0, err
	}
	g.size += w.size()
	g.sum.add(f.Time, f.raw)
	return g.size, nil
}

// end makes the segment take no more frames, because of err.
func (g *Segment) end(err error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err == nil {
		g.err = err
	}
	return g.err
}

// sync returns when everything before end is durable, and the segment's name, too. After a
// failed fsync the kernel may have dropped the pages: the segment ends at its last synced
// frame and takes no more.
func (g *Segment) sync(file File, end int64) error {
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
	if err := g.persistOrEnd(file); err != nil {
		return err
	}
	g.mu.Lock()
	g.synced = size
	g.mu.Unlock()
	return nil
}

// persistOrEnd makes what was written durable. If that fails, the segment ends where it was
// synced last. It is called with syncing held.
func (g *Segment) persistOrEnd(file File) error {
	err := g.persist(file)
	if err == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.err = fmt.Errorf("sync segment: %w", err)
	g.size = g.synced
	cut := errors.Join(file.Truncate(g.size), file.Sync())
	g.uncut = cut != nil
	return errors.Join(g.err, cut)
}

// persist makes what was written durable: fsync, and the first time fsync of the folder.
// It is called with syncing held.
func (g *Segment) persist(file File) error {
	if err := file.Sync(); err != nil {
		return err
	}
	if err := vanished(file); err != nil {
		return err
	}
	if g.named {
		return nil
	}
	if err := g.fs.SyncDir(filepath.Dir(g.path)); err != nil {
		return err
	}
	g.named = true
	return nil
}

// vanished returns ErrVanished for a file that was deleted.
func vanished(file File) error {
	removed, err := file.Removed()
	if err == nil && removed {
		err = ErrVanished
	}
	return err
}

// state returns the bytes on disk, the bytes of data, and whether the segment
// still takes frames.
func (g *Segment) state() (size, raw int64, open bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.size, g.sum.raw, g.err == nil && !g.sealed
}

// errSealed sends a writer that comes too late to the next segment.
var errSealed = errors.New("segment is sealed")

// close ends writing and makes what was written durable. The trailer and the new name,
// which follow, need no sync: the frames can be read without them.
func (g *Segment) close() (err error) {
	g.mu.Lock()
	end, broken := g.size, g.err != nil
	if !broken {
		g.err = errSealed
	}
	g.mu.Unlock()
	if !broken {
		err = g.finish(end)
	}
	err = errors.Join(err, g.files.close(g))
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sealed = true
	return err
}

// finish syncs the frames and appends the trailer.
func (g *Segment) finish(end int64) error {
	file, err := g.files.acquire(g)
	if err != nil {
		return fmt.Errorf("open segment: %w", err)
	}
	defer g.files.release(g)
	if err := g.sync(file, end); err != nil {
		return err
	}
	_, err = file.WriteAt(appendTrailer(nil, g.sum), end)
	if err != nil {
		// Half a trailer would look like damage.
		return errors.Join(fmt.Errorf("write the end of a segment: %w", err), file.Truncate(end))
	}
	return nil
}

// cut truncates what may be behind the last frame, if that is still to be done. It returns
// an error until the truncation is durable.
func (g *Segment) cut() (err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.uncut {
		return nil
	}
	file, err := g.fs.Open(g.path)
	if errors.Is(err, os.ErrNotExist) {
		g.uncut = false // it has been shipped
		return nil
	}
	if err != nil {
		return err
	}
	err = errors.Join(file.Truncate(g.size), file.Sync(), file.Close())
	g.uncut = err != nil
	return err
}

// durable returns the end of what may be read: frames behind it may still be cut off.
func (g *Segment) durable() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.Recovered {
		return g.size
	}
	return g.synced
}

// Active reports whether the segment takes frames. If not, it was passed to
// Options.Sealed or is about to be.
func (g *Segment) Active() bool {
	_, _, open := g.state()
	return open
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
