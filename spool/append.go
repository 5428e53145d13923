package spool

import (
	"cmp"
	"errors"
	"fmt"
	"os"
)

// Append makes a chunk durable in the active segment of its stream. If there is none, it
// opens one, with the meta that the function returns. nil means that the chunk will
// survive a crash. Any error but ErrDuplicate means that it was not accepted and that the
// caller must keep it: ErrFull when the limit is reached, ErrClosed after Close, or the
// disk's error. ErrDuplicate means that the chunk is safe because it was accepted before.
func (s *Spool) Append(stream string, c Chunk, meta func() ([]byte, error)) (*Segment, error) {
	w := framePool.Get().(*frameWriter)
	defer w.release()
	s.dividing.RLock()
	defer s.dividing.RUnlock()
	f := Frame{Tag: c.Tag, Time: s.opts.Now(), Hash: contentHash(c.Data), raw: len(c.Data)}
	if duplicate, err := s.dedup.isDuplicate(stream, f); duplicate || err != nil {
		return nil, cmp.Or(err, ErrDuplicate)
	}
	w.encode(f, s.opts.Compress, c.Data)
	seg, err := s.put(stream, f, w, meta)
	if err != nil {
		s.dedup.delay()
		return nil, err
	}
	s.dedup.record(nameOf(stream, f), f.Time, seg.ID)
	return seg, nil
}

// put makes a frame durable in the active segment of its stream.
func (s *Spool) put(stream string, f Frame, w *frameWriter, meta func() ([]byte, error)) (*Segment, error) {
	if err := s.cutBroken(); err != nil {
		return nil, err
	}
	for {
		seg, err := s.reserve(stream, w.size(), meta)
		if err != nil {
			return nil, err
		}
		if err = seg.append(w, f); err == nil {
			return seg, nil
		}
		s.unreserve(seg, w.size())
		if errors.Is(err, errSealed) {
			continue
		}
		return nil, errors.Join(err, s.sealBroken(seg))
	}
}

// sealBroken seals a segment if it takes no more frames after a failure.
func (s *Spool) sealBroken(seg *Segment) error {
	if seg.Active() {
		return nil
	}
	err := s.Seal(seg)
	s.mu.Lock()
	s.broken = append(s.broken, seg)
	s.mu.Unlock()
	return err
}

// cutBroken truncates frames whose sync failed but which may still be on disk. Until that
// succeeds no chunk is acknowledged: theirs will be delivered again.
func (s *Spool) cutBroken() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.broken) > 0 {
		if err := s.broken[0].cut(); err != nil {
			return fmt.Errorf("cut off frames that could not be synced: %w", err)
		}
		s.broken = s.broken[1:]
	}
	return nil
}

// reserve returns the active segment of a stream, and accounts n more bytes to it.
func (s *Spool) reserve(stream string, n int64, meta func() ([]byte, error)) (*Segment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.hasRoom(n); err != nil {
		return nil, err
	}
	return s.assign(stream, n, version, meta)
}

// hasRoom returns why n more bytes may not be written, nil if they may. It is called with
// mu held.
func (s *Spool) hasRoom(n int64) error {
	if s.closed {
		return ErrClosed
	}
	if s.opts.Limit > 0 && s.total+n > s.opts.Limit {
		return fmt.Errorf("%w: %d bytes of %d are in use and the chunk needs %d", ErrFull, s.total, s.opts.Limit, n)
	}
	return nil
}

// assign returns the active segment of a stream, which it opens if there is none, and
// accounts n more bytes to it. It is called with mu held.
func (s *Spool) assign(stream string, n int64, version byte, meta func() ([]byte, error)) (*Segment, error) {
	seg := s.active[stream]
	if seg == nil {
		var err error
		if seg, err = s.create(stream, version, meta); err != nil {
			return nil, err
		}
		s.active[stream] = seg
	}
	s.account(seg, n)
	return seg, nil
}

func (s *Spool) unreserve(seg *Segment, n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.used[seg]; known { // not committed meanwhile
		s.account(seg, -n)
	}
}

// account is called with mu held.
func (s *Spool) account(seg *Segment, n int64) {
	s.used[seg] += n
	s.total += n
}

// create creates a segment file with its header. Both become durable with the first
// frame. It is called with mu held.
func (s *Spool) create(stream string, version byte, meta func() ([]byte, error)) (*Segment, error) {
	owner, err := meta()
	if err != nil {
		return nil, err
	}
	now := s.opts.Now()
	s.lastID = max(uint64(now.UnixNano()), s.lastID+1)
	seg := &Segment{ID: s.lastID, Stream: stream, Meta: owner, Opened: now, fs: s.opts.FS, files: s.files}
	seg.path = s.path(seg.ID, extActive)
	file, err := s.opts.FS.Create(seg.path)
	if errors.Is(err, os.ErrNotExist) {
		if err = s.restore(); err == nil {
			file, err = s.opts.FS.Create(seg.path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	head := appendHeader(nil, header{version: version, writer: s.opts.Writer, stream: stream, meta: owner})
	head = append(head, head...)
	if _, err = file.WriteAt(head, 0); err != nil {
		return nil, errors.Join(fmt.Errorf("open segment: %w", err), file.Close(), s.opts.FS.Remove(seg.path))
	}
	seg.start = int64(len(head))
	seg.size, seg.synced = seg.start, seg.start
	s.files.add(seg, file)
	s.opened = append(s.opened, seg)
	s.account(seg, seg.size)
	s.opts.Opened(seg)
	return seg, nil
}

// restore creates the folder again after it was removed, and locks the new one. It is
// called with mu held.
func (s *Spool) restore() error {
	lock, err := lockDir(s.opts)
	if err != nil {
		return err
	}
	_ = s.lock.Close() // of a file that is gone
	s.lock = lock
	s.opts.Warn(fmt.Sprintf("the folder %s was removed, and has been created again; "+
		"what had not been shipped from it is lost", s.opts.Dir))
	s.commits.restore()
	return s.dedup.restore()
}
