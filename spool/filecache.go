package spool

import (
	"container/list"
	"sync"
	"syscall"
)

// fileCache keeps up to max files of active segments open: there may be a segment for each
// of ten thousand tags. It is safe for concurrent use.
type fileCache struct {
	fs  FS
	max int

	mu   sync.Mutex // guards what follows
	open map[*Segment]*handle
	idle list.List // of *handle, the one used last in front
}

// mayOpen returns a quarter of what the process may have open, which has other uses for the
// rest.
func mayOpen() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 64
	}
	return int(max(1, min(limit.Cur/4, 1<<20)))
}

// handle is an open file. It may be closed when it has no users.
type handle struct {
	owner *Segment
	file  File
	users int
	place *list.Element // in idle, nil while it has users
	last  bool          // to be closed by its last user
}

func newFileCache(fs FS, max int) *fileCache {
	return &fileCache{fs: fs, max: max, open: map[*Segment]*handle{}}
}

// acquire returns a segment's file, which stays open until release. After close it returns
// errSealed.
func (h *fileCache) acquire(g *Segment) (File, error) {
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

// add takes over the file of a new segment.
func (h *fileCache) add(g *Segment, file File) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.makeRoom()
	got := &handle{owner: g, file: file}
	got.place = h.idle.PushFront(got)
	h.open[g] = got
}

// release ends what acquire began.
func (h *fileCache) release(g *Segment) {
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

// makeRoom closes files without users. What was written to them has been synced, so that
// errors of Close do not matter. It is called with mu held.
func (h *fileCache) makeRoom() {
	for len(h.open) >= h.max && h.idle.Len() > 0 {
		oldest := h.idle.Remove(h.idle.Back()).(*handle)
		delete(h.open, oldest.owner)
		_ = oldest.file.Close()
	}
}

// close closes a segment's file for good, as soon as it has no users.
func (h *fileCache) close(g *Segment) error {
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
