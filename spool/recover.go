package spool

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// recover takes over what an earlier process left, the oldest first: active segments lose
// their torn tail and are sealed. Names need no sync: what a crash undoes is done again.
func (s *Spool) recover() (found []*Segment, err error) {
	names, err := s.opts.FS.List(s.opts.Dir)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		ext := filepath.Ext(name)
		id, err := strconv.ParseUint(strings.TrimSuffix(name, ext), 16, 64)
		if err != nil || (ext != extActive && ext != extSealed) {
			continue
		}
		seg, err := s.recoverSegment(id, ext)
		if err != nil {
			return nil, fmt.Errorf("recover %s: %w", name, err)
		}
		s.lastID = max(s.lastID, id)
		if seg != nil {
			found = append(found, seg)
			s.account(seg, seg.size)
		}
	}
	sortByID(found)
	return found, nil
}

// recoverSegment opens one file. It returns nil for a segment without a frame, which it
// removes since nothing in it was acknowledged, and for one that it cannot read, which it
// quarantines: the others must not wait for it.
func (s *Spool) recoverSegment(id uint64, ext string) (*Segment, error) {
	seg := &Segment{
		ID:        id,
		Opened:    time.Unix(0, int64(id)),
		Recovered: true,
		fs:        s.opts.FS,
		path:      s.path(id, ext),
		err:       errSealed,
		sealed:    true,
	}
	keep, err := s.read(seg, ext == extActive)
	var unreadable *unreadableError
	if errors.As(err, &unreadable) {
		s.quarantineUnreadable(seg, err)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !keep {
		if err := s.opts.FS.Remove(seg.path); err != nil {
			s.opts.Warn(fmt.Sprintf("the empty segment %016x cannot be removed: %v", id, err))
		}
		return nil, nil
	}
	if ext == extActive {
		_ = seg.rename(s.path(id, extSealed)) // its old name is just as good
	}
	return seg, nil
}

// quarantineUnreadable moves a segment that cannot be read to the quarantine. If that fails,
// the segment stays where it is, and the next start tries again.
func (s *Spool) quarantineUnreadable(seg *Segment, reason error) {
	to, err := s.Quarantine(seg, reason.Error())
	if to == "" {
		s.opts.Warn(fmt.Sprintf("segment %016x cannot be read and stays where it is: %v",
			seg.ID, errors.Join(reason, err)))
		return
	}
	s.opts.Warn(fmt.Sprintf("a segment cannot be read and was moved to the quarantine as %s: %v",
		to, errors.Join(reason, err)))
}

// unreadableError is for a file that is no readable segment.
type unreadableError struct{ error }

func (e *unreadableError) Unwrap() error { return e.error }

// read reads a segment's header and summary. keep is false if it has no frames.
func (s *Spool) read(g *Segment, active bool) (keep bool, err error) {
	file, err := s.opts.FS.Open(g.path)
	if lostByDisk(err) {
		return false, &unreadableError{err}
	}
	if err != nil {
		return false, err
	}
	keep, err = s.load(g, file, active)
	return keep, errors.Join(err, file.Close())
}

func (s *Spool) load(g *Segment, file File, active bool) (keep bool, err error) {
	size, err := file.Size()
	if err != nil {
		return false, err
	}
	h, start, damage, err := readHeader(file, size)
	if err != nil {
		// A crash between creating a segment and its first fsync leaves a file without
		// a whole header and without a frame. Any other unreadable file is kept.
		if active && (errors.Is(err, errTorn) || blank(file, size)) && !hasFrames(file, size) {
			return false, nil
		}
		return false, &unreadableError{err}
	}
	if damage != nil {
		s.opts.Warn(fmt.Sprintf("segment %016x is read by the copy of its header: %v", g.ID, damage))
	}
	g.Stream, g.Meta, g.start = h.stream, h.meta, start
	sum, whole, err := readTrailer(file, size)
	if err != nil {
		return false, err
	}
	if whole && !active { // in an active one it may be the end of a chunk that looks like a trailer
		g.sum, g.size = sum, size-int64(trailerSize)
		return true, nil
	}
	return s.scan(g, file, size, active)
}

// scan reads the frames of a segment without a trailer, and cuts off what was being written
// when the process ended.
func (s *Spool) scan(g *Segment, file File, size int64, active bool) (keep bool, err error) {
	r := newFrameReader(file, g.start, size)
	defer r.release()
	r.names = true
	for {
		whole := r.good
		f, err := r.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return false, err
		}
		if !s.commits.has(f) {
			return s.cutParts(g, file, whole, size)
		}
		g.sum.add(f.Time, f.raw)
	}
	g.size = size
	if r.good == size {
		return g.size > g.start, nil
	}
	tail := make([]byte, min(size-r.good, maxTail))
	if n, err := file.ReadAt(tail, r.good); n < len(tail) {
		if lostByDisk(err) {
			return true, nil // damage, which the reader will report
		}
		return false, err
	}
	if _, whole := parseTrailer(tail); whole { // a crash has undone its renaming
		g.size = r.good
		return g.size > g.start, nil
	}
	if !active && !bytes.HasPrefix(tail, []byte(trailerMarker)) && !allZero(tail) {
		return true, nil // damage, which the reader will report
	}
	if err := s.cut(g, file, r.good, tail); err != nil {
		return false, err
	}
	return g.size > g.start, nil
}

// maxTail bounds what is kept of a torn tail, in bytes: few frames are larger.
const maxTail = 64 << 20

// cut ends a segment at its last whole frame. The tail is what was being written when the
// process ended, or what was damaged since: it is kept in the quarantine if it may have
// been a frame and there is room for it.
func (s *Spool) cut(g *Segment, file File, good int64, tail []byte) error {
	where := ""
	if len(tail) > framePrefix && !allZero(tail) && !bytes.HasPrefix(tail, []byte(trailerMarker)) {
		where = s.keepTail(g, tail)
	}
	if err := file.Truncate(good); err != nil {
		return err
	}
	g.uncut = file.Sync() != nil // to be cut again before it is read
	g.size = good
	s.opts.Warn(fmt.Sprintf("%d bytes behind the last whole frame of segment %016x were cut off: "+
		"they were being written when the process ended, and never acknowledged, unless the disk has damaged them "+
		"since%s",
		len(tail), g.ID, where))
	return nil
}

// cutParts ends a segment before the first part of a chunk whose other parts may not be
// durable. It was not acknowledged: Fluent Bit still has it.
func (s *Spool) cutParts(g *Segment, file File, whole, size int64) (keep bool, err error) {
	if err := file.Truncate(whole); err != nil {
		return false, err
	}
	g.uncut = file.Sync() != nil // to be cut again before it is read
	g.size = whole
	s.opts.Warn(fmt.Sprintf("%d bytes at the end of segment %016x were cut off: they are a part of a chunk that was "+
		"not written completely when the process ended, and never acknowledged", size-whole, g.ID))
	return g.size > g.start, nil
}

// keepTail writes a tail to the quarantine, and returns where for the log. It may fail: on
// a full disk the segments must be shipped all the same.
func (s *Spool) keepTail(g *Segment, tail []byte) (where string) {
	name := filepath.Join(s.opts.Dir, quarantineDir, fmt.Sprintf("%016x%s", g.ID, extTail))
	if err := s.writeQuarantine(name, tail); err != nil {
		return fmt.Sprintf("; they could not be kept: %v", err)
	}
	return "; they are kept as " + name
}

// writeQuarantine writes a file to the quarantine. It replaces one that an earlier, failed
// start may have left.
func (s *Spool) writeQuarantine(name string, content []byte) error {
	if err := s.opts.FS.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	file, err := s.opts.FS.Create(name)
	if err != nil {
		return err
	}
	_, err = file.WriteAt(content, 0)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, s.opts.FS.Remove(name)) // half of it is useless and takes room
	}
	return s.opts.FS.SyncDir(filepath.Dir(name))
}

func allZero(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }

// blank reports whether a file has nothing but zeros: its size survived the crash and its
// content did not.
func blank(file File, size int64) bool {
	b := make([]byte, min(size, 2*headerRoom))
	n, _ := file.ReadAt(b, 0)
	return n == len(b) && allZero(b)
}

// hasFrames reports whether there may be a frame anywhere in a file. If the file cannot be
// read, there may.
func hasFrames(file File, size int64) bool {
	r := newFrameReader(file, 0, size)
	defer r.release()
	at, err := r.find(0)
	return err != nil || at < size
}

// chunksIn returns the chunks of segments that are younger than id and whose last one came
// at since or later. It syncs the segments: what a killed process wrote may not be on the
// disk yet, and Fluent Bit deletes its own copy of what is recognised.
func chunksIn(found []*Segment, id uint64, since time.Time) (seen []chunkSeen) {
	var last latest
	for _, g := range found {
		if g.ID <= id || g.sum.latest.Before(since) {
			continue
		}
		if came, err := g.names(); err == nil {
			last.add(came)
		}
	}
	return last.seen
}

// names reads the names of all frames, and syncs the file.
func (g *Segment) names() (came []chunkSeen, err error) {
	file, err := g.fs.Open(g.path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	r := newFrameReader(file, g.start, g.size)
	defer r.release()
	r.names = true
	for {
		f, err := r.next()
		if err == io.EOF {
			return came, file.Sync()
		}
		if err != nil {
			return nil, err
		}
		if name, ok := nameIn(g.Stream, f); ok {
			came = append(came, chunkSeen{name: name, seen: f.Time})
		}
	}
}

func sortByID(segments []*Segment) {
	slices.SortFunc(segments, func(a, b *Segment) int { return cmp.Compare(a.ID, b.ID) })
}
