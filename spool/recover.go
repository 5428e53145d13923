package spool

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// recover takes over what an earlier process left: active segments lose their
// torn tail and are sealed, and all are handed to Options.Sealed. It returns
// the chunks that came last.
func (s *Spool) recover() ([]sighting, error) {
	names, err := s.opts.FS.List(s.opts.Dir)
	if err != nil {
		return nil, err
	}
	var found []*Segment
	var last latest
	for _, name := range names {
		ext := filepath.Ext(name)
		id, err := strconv.ParseUint(strings.TrimSuffix(name, ext), 16, 64)
		if err != nil || (ext != extActive && ext != extSealed) {
			continue
		}
		seg, err := s.recoverSegment(id, ext, &last)
		if err != nil {
			return nil, fmt.Errorf("recover %s: %w", name, err)
		}
		s.lastID = max(s.lastID, id)
		if seg != nil {
			found = append(found, seg)
		}
	}
	if err := s.opts.FS.SyncDir(s.opts.Dir); err != nil {
		return nil, err
	}
	sortByID(found)
	for _, seg := range found {
		s.opts.Sealed(seg)
	}
	return last.seen, nil
}

// recoverSegment opens one file. It returns nil for a segment without a frame,
// which it removes (nobody was promised anything in it), and for one that it
// cannot read, which goes to the quarantine: the others must not wait for it.
func (s *Spool) recoverSegment(id uint64, ext string, last *latest) (*Segment, error) {
	seg := &Segment{ID: id, Recovered: true, fs: s.opts.FS, path: s.path(id, ext), err: errSealed}
	file, err := s.opts.FS.Open(seg.path)
	if err != nil {
		return nil, err
	}
	var came latest
	keep, cut, err := seg.load(file, ext == extActive, func(f Frame) {
		came.add([]sighting{{name: nameOf(seg.Stream, f), seen: f.Time}})
	})
	if err != nil {
		to, failed := s.Quarantine(seg, err.Error())
		s.opts.Warn(fmt.Sprintf("a segment cannot be read and was put aside as %s: %v", to, err))
		return nil, errors.Join(failed, file.Close())
	}
	// What a killed process wrote may not be on the disk yet. Only what is may be
	// recognised: Fluent Bit gives up its own copy then.
	if syncErr := file.Sync(); syncErr == nil && keep {
		last.add(came.seen)
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	if cut > 0 {
		s.opts.Warn(fmt.Sprintf("%d bytes behind the last whole frame of segment %016x were cut off: they were being written when the process ended", cut, id))
	}
	if !keep {
		return nil, s.opts.FS.Remove(seg.path)
	}
	if ext == extActive {
		sealed := s.path(id, extSealed)
		if err := s.opts.FS.Rename(seg.path, sealed); err != nil {
			return nil, err
		}
		seg.path = sealed
	}
	s.account(seg, seg.size)
	return seg, nil
}

// load reads what a segment is. An active one ends behind its last whole frame
// afterwards; cut tells how much was behind it. keep is false if there is
// nothing in it. each is called for its frames.
func (g *Segment) load(file File, active bool, each func(Frame)) (keep bool, cut int64, err error) {
	size, err := file.Size()
	if err != nil {
		return false, 0, err
	}
	h, start, err := readHeader(file, size)
	if err != nil {
		// A crash between creating a segment and its first fsync leaves a file
		// without a whole header, and without a frame. Any other that cannot be read
		// is kept for a human.
		if active && errors.Is(err, errTorn) && !hasFrames(file, size) {
			return false, 0, nil
		}
		return false, 0, err
	}
	g.Stream, g.Meta = h.stream, h.meta
	r := frameReader{file: file, off: start, end: size, good: start}
	for {
		f, err := r.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return false, 0, err
		}
		if g.raw == 0 {
			g.Opened = f.Time
		}
		g.raw += int64(len(f.Data))
		each(f)
	}
	g.size = size
	if !active {
		return true, 0, nil
	}
	g.size, cut = r.good, size-r.good
	if cut > 0 {
		err = errors.Join(file.Truncate(r.good), file.Sync())
	}
	return r.good > start, cut, err
}

// hasFrames tells whether there may be a frame anywhere in a file; if it cannot
// be read, there may.
func hasFrames(file File, size int64) bool {
	r := frameReader{file: file, end: size}
	at, err := r.find(0)
	return err != nil || at < size
}

func sortByID(segments []*Segment) {
	slices.SortFunc(segments, func(a, b *Segment) int { return cmp.Compare(a.ID, b.ID) })
}
