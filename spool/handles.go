package spool

import (
	"container/list"
	"sync"
)

// handles keeps the files of active segments open, but not more than most at
// once: there may be a segment for each of ten thousand tags. It is safe for
// concurrent use.
type handles struct {
	fs   FS
	most int

	mu   sync.Mutex // guards what follows
	open map[*Segment]*handle
	idle list.List // of *handle, the one used last in front
}

// handle is an open file. It may be closed when nobody uses it.
type handle struct {
	owner *Segment
	file  File
	users int
	place *list.Element // in idle, nil while it is used
	last  bool          // to be closed by its last user
}

func newHandles(fs FS, most int) *handles {
	return &handles{fs: fs, most: most, open: map[*Segment]*handle{}}
}

// use returns a segment's file, which stays open until done, or errSealed after
// close.
func (h *handles) use(g *Segment) (File, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	got := h.open[g]
	if g.closed {
		return nil, errSealed
	}
	if got == nil {
		h.makeRoom()
		file, err := h.fs.Open(g.path)
		if err != nil {
			return nil, err
		}
		got = &handle{owner: g, file: file}
		h.open[g] = got
	}
	got.users++
	if got.place != nil {
		h.idle.Remove(got.place)
		got.place = nil
	}
	return got.file, nil
}

// adopt takes over the file of a new segment.
func (h *handles) adopt(g *Segment, file File) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.makeRoom()
	got := &handle{owner: g, file: file}
	got.place = h.idle.PushFront(got)
	h.open[g] = got
}

// done ends a use.
func (h *handles) done(g *Segment) {
	h.mu.Lock()
	defer h.mu.Unlock()
	got := h.open[g]
	got.users--
	switch {
	case got.users > 0:
	case got.last:
		delete(h.open, g)
		_ = got.file.Close() // after its last sync
	default:
		got.place = h.idle.PushFront(got)
	}
}

// makeRoom closes files that nobody uses. What was written to them is synced by
// then, so that closing has nothing to tell. It is called with mu held.
func (h *handles) makeRoom() {
	for len(h.open) >= h.most && h.idle.Len() > 0 {
		oldest := h.idle.Remove(h.idle.Back()).(*handle)
		delete(h.open, oldest.owner)
		_ = oldest.file.Close()
	}
}

// close closes a segment's file for good, as soon as nobody uses it.
func (h *handles) close(g *Segment) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	g.closed = true
	got := h.open[g]
	if got == nil {
		return nil
	}
	if got.users > 0 {
		got.last = true
		return nil
	}
	h.idle.Remove(got.place)
	delete(h.open, g)
	return got.file.Close()
}
