package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Seal ends a segment, if it is active, and passes it to Options.Sealed. After an error,
// which is the disk's, the segment is sealed all the same: its durable frames can be read.
func (s *Spool) Seal(seg *Segment) error {
	s.sealing.Lock()
	defer s.sealing.Unlock()
	s.mu.Lock()
	if s.active[seg.Stream] != seg {
		s.mu.Unlock()
		return nil
	}
	delete(s.active, seg.Stream)
	s.mu.Unlock()

	err := seg.close()
	sealed := s.path(seg.ID, extSealed)
	err = errors.Join(err, seg.rename(sealed)) // not synced: after a crash its old name is just as good
	s.opts.Sealed(seg)
	if err != nil {
		return fmt.Errorf("seal segment: %w", err)
	}
	return nil
}

// rename renames the segment's file.
func (g *Segment) rename(to string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.fs.Rename(g.path, to); err != nil {
		return err
	}
	g.path = to
	return nil
}

// SealOpened seals the segments that were opened at or before t. It returns when the oldest
// of the others was opened, or the zero time. Segments that another goroutine is sealing
// have been passed to Options.Sealed when it returns.
func (s *Spool) SealOpened(t time.Time) (oldest time.Time, err error) {
	s.sweeping.Lock()
	defer s.sweeping.Unlock()
	due, oldest := s.openedBefore(t)
	sortByID(due)
	for _, seg := range due {
		err = errors.Join(err, s.Seal(seg))
	}
	return oldest, err
}

func (s *Spool) openedBefore(t time.Time) (due []*Segment, oldest time.Time) {
	s.sealing.Lock() // waits for concurrent calls of Seal
	defer s.sealing.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, seg := range s.opened {
		if s.active[seg.Stream] != seg {
			continue
		}
		if seg.Opened.After(t) {
			s.opened = s.opened[i:]
			return due, seg.Opened
		}
		due = append(due, seg)
	}
	s.opened = nil
	return due, time.Time{}
}

// Commit removes sealed segments whose frames are safe elsewhere. nil means that they are
// gone. If the folder could not be synced, a crash may bring one back: it is then shipped
// once more, the same bytes to the same key. After an error Commit can be called again for
// all of them. Committing many segments at once costs as many syncs as committing one.
func (s *Spool) Commit(all ...*Segment) error {
	if len(all) == 0 {
		return nil
	}
	s.recordRemoval(all...)
	return s.remove(all...)
}

func (s *Spool) remove(all ...*Segment) (err error) {
	for _, seg := range all {
		switch failed := s.opts.FS.Remove(seg.path); {
		case failed == nil || errors.Is(failed, os.ErrNotExist):
			s.forget(seg)
		default:
			err = errors.Join(err, fmt.Errorf("remove segment: %w", failed))
		}
	}
	if failed := s.opts.FS.SyncDir(s.opts.Dir); failed != nil {
		s.opts.Warn(fmt.Sprintf("the removal of segment %016x and %d others may not survive a crash: %v",
			all[0].ID, len(all)-1, failed))
	}
	return err
}

// recordRemoval records the recent chunks of segments in the journal, once, so that they are
// recognised without their segments.
func (s *Spool) recordRemoval(all ...*Segment) {
	if err := s.dedup.recordRemoved(all); err != nil {
		s.opts.Warn(fmt.Sprintf("chunks of segment %016x and %d others may be stored twice after a crash: they "+
			"could not be recorded: %v",
			all[0].ID, len(all)-1, err))
	}
}

// Drop removes a sealed segment whose frames are given up. If they are delivered again, they
// are accepted again.
func (s *Spool) Drop(seg *Segment) error { return s.remove(seg) }

// Quarantine moves a sealed segment that cannot be shipped, or not completely, to the folder
// quarantine, with the reason in a text file beside it. It returns the segment's new path.
func (s *Spool) Quarantine(seg *Segment, reason string) (string, error) {
	s.recordRemoval(seg)
	to := filepath.Join(s.opts.Dir, quarantineDir, fmt.Sprintf("%016x%s", seg.ID, extQuarantined))
	if err := s.moveToQuarantine(seg, to); err != nil {
		return "", fmt.Errorf("quarantine segment: %w", err)
	}
	s.forget(seg)
	err := errors.Join(s.writeQuarantine(to+extReason, []byte(reason+"\n")), s.opts.FS.SyncDir(s.opts.Dir))
	if err != nil {
		return to, fmt.Errorf("quarantine segment: %w", err)
	}
	return to, nil
}

// moveToQuarantine renames a segment's file. It creates the quarantine again if that was
// removed. If the segment itself was removed, it forgets it and returns ErrVanished.
func (s *Spool) moveToQuarantine(seg *Segment, to string) error {
	err := s.opts.FS.Rename(seg.path, to)
	if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := makeDir(s.opts.FS, filepath.Dir(to)); err != nil {
		return err
	}
	if err = s.opts.FS.Rename(seg.path, to); errors.Is(err, os.ErrNotExist) {
		s.forget(seg)
		return ErrVanished
	}
	return err
}

// readmit moves the segments in the quarantine back, as sealed ones.
func (s *Spool) readmit() error {
	dir := filepath.Join(s.opts.Dir, quarantineDir)
	names, err := s.opts.FS.List(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		id, isSegment := strings.CutSuffix(name, extQuarantined)
		if !isSegment {
			continue
		}
		from := filepath.Join(dir, name)
		if err := s.opts.FS.Rename(from, filepath.Join(s.opts.Dir, id+extSealed)); err != nil {
			return err
		}
		if err := s.opts.FS.Remove(from + extReason); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Quarantined returns the size of the quarantine in bytes.
func (s *Spool) Quarantined() (total int64, err error) {
	dir := filepath.Join(s.opts.Dir, quarantineDir)
	names, err := s.opts.FS.List(dir)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil // removed, to make room
	}
	if err != nil {
		return 0, fmt.Errorf("size of the quarantine: %w", err)
	}
	for _, name := range names {
		file, err := s.opts.FS.Open(filepath.Join(dir, name))
		if errors.Is(err, os.ErrNotExist) {
			continue // taken meanwhile
		}
		if err != nil {
			return 0, fmt.Errorf("size of the quarantine: %w", err)
		}
		size, err := file.Size()
		if err = errors.Join(err, file.Close()); err != nil {
			return 0, fmt.Errorf("size of the quarantine: %w", err)
		}
		total += size
	}
	return total, nil
}

func (s *Spool) forget(seg *Segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total -= s.used[seg]
	delete(s.used, seg)
}
