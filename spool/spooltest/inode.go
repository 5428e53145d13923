package spooltest

import (
	"errors"
	"io"
	"slices"
)

// inode is a file, whatever it is called.
type inode struct {
	data   []byte // as the process sees it
	synced []byte // as a crash leaves it at least
	fresh  []edit // since then
}

// edit is a write, or a truncation to off if data is nil.
type edit struct {
	off  int64
	data []byte
}

func (e edit) apply(b []byte) []byte {
	if e.data == nil {
		return grow(b, e.off)[:e.off]
	}
	b = grow(b, e.off+int64(len(e.data)))
	copy(b[e.off:], e.data)
	return b
}

// grow makes b at least n long, with zeros.
func grow(b []byte, n int64) []byte {
	if short := n - int64(len(b)); short > 0 {
		b = append(b, make([]byte, short)...)
	}
	return b
}

// handle is an open file.
type handle struct {
	disk *Disk
	file *inode
}

func (h *handle) edit(e edit) {
	h.file.data = e.apply(h.file.data)
	h.file.fresh = append(h.file.fresh, e)
}

func (h *handle) WriteAt(b []byte, off int64) (int, error) {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	if err := h.disk.step(); err != nil {
		half := len(b) / 2
		h.edit(edit{off, slices.Clone(b[:half])})
		return half, err
	}
	h.edit(edit{off, slices.Clone(b)})
	return len(b), nil
}

func (h *handle) Truncate(size int64) error {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	if err := h.disk.step(); err != nil {
		return err
	}
	h.edit(edit{off: size})
	return nil
}

func (h *handle) Sync() error {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	err := h.disk.step()
	switch {
	case err == nil, !errors.Is(err, ErrCrashed) && h.disk.lying:
		for _, e := range h.file.fresh {
			h.file.synced = e.apply(h.file.synced)
		}
		h.file.fresh = nil
	case !errors.Is(err, ErrCrashed):
		h.file.fresh = nil // the pages count as clean, and are not written
	}
	return err
}

func (h *handle) ReadAt(b []byte, off int64) (int, error) {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	if h.disk.dead() {
		return 0, ErrCrashed
	}
	if off >= int64(len(h.file.data)) {
		return 0, io.EOF
	}
	n := copy(b, h.file.data[off:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (h *handle) Size() (int64, error) {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	if h.disk.dead() {
		return 0, ErrCrashed
	}
	return int64(len(h.file.data)), nil
}

func (h *handle) Removed() (bool, error) {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	for _, file := range h.disk.names {
		if file == h.file {
			return false, nil
		}
	}
	return true, nil
}

func (h *handle) Evict(int64) {}

func (h *handle) Close() error { return nil }
