// Package spool keeps chunks on disk until they are committed.
//
// Chunks of one stream are appended to one segment file; Append returns when its chunk is
// durable. The caller seals segments, reads them, and commits those that are safe
// elsewhere:
//
//	s, err := spool.Open(spool.Options{Dir: dir, Sealed: queue.Add})
//	seg, err := s.Append("app.orders", spool.Chunk{Tag: tag, Data: data}, meta)
//	…
//	s.Seal(seg)              // → queue.Add(seg)
//	damage, err := seg.Frames(func(f spool.Frame) error { … })
//	err = s.Commit(seg)
//
// A file's extension is its state: ID.active → ID.sealed → removed, or moved to
// quarantine/. A crash leaves what was appended: Open cuts a torn tail and seals
// what it finds.
package spool

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Errors that a caller branches on.
var (
	ErrFull   = errors.New("spool is full")
	ErrLocked = errors.New("spool is in use")
	ErrClosed = errors.New("spool is closed")
	// ErrVanished means that another program deleted a segment's file.
	ErrVanished = errors.New("another program deleted its file")
)

// Options of a Spool.
type Options struct {
	Dir   string // created if it does not exist
	Limit int64  // bytes of all segments, without the quarantine; 0 is unlimited
	// Opened, if not nil, is called for each segment that Append opens, in the order of
	// their IDs. It must neither block nor call the Spool.
	Opened func(*Segment)
	// Sealed is called once for each segment that is sealed, including those that Open
	// finds, the oldest first. It must not block. Required.
	Sealed func(*Segment)
	// Warn, if not nil, receives messages for the operator, such as what Open cut off or
	// quarantined.
	Warn func(text string)
	// Deduplicate recognises chunks that are delivered again after a restart.
	Deduplicate bool
	// Readmit moves the segments in the quarantine back, to be read once more.
	Readmit  bool
	Compress bool             // frames, with s2
	Writer   string           // program and version, recorded in the files; default "sluice"
	Syncs    int              // how many parts of a divided chunk are synced at once, default 8
	MaxOpen  int              // how many files of active segments are open at once, default 64
	FS       FS               // default OS{}
	Now      func() time.Time // default time.Now
}

// Chunk is what Append takes.
type Chunk struct {
	Tag  string
	Data []byte // not kept
}

// Spool is a locked folder of segments. It is safe for concurrent use.
type Spool struct {
	opts  Options
	dedup *dedup // nil without Options.Deduplicate

	// sweeping is held while all segments of some age are sealed, so that concurrent
	// callers return only when all of them are. It is taken before sealing.
	sweeping sync.Mutex
	// sealing is held while a segment is sealed and passed to Options.Sealed, so that
	// segments arrive there in order, and Close comes after all of them. It is taken
	// before mu.
	sealing sync.Mutex

	// dividing is held by a divided chunk alone, so that what is behind the last committed one
	// in a segment is at its end.
	dividing sync.RWMutex
	commits  *commits // guarded by dividing

	files *fileCache

	mu     sync.Mutex // guards what follows
	lock   io.Closer
	active map[string]*Segment
	opened []*Segment         // in the order of opening; sealed ones drop out
	broken []*Segment         // whose last sync failed
	used   map[*Segment]int64 // bytes accounted to each segment
	total  int64              // sum of used
	lastID uint64
	closed bool
}

const (
	extActive      = ".active"
	extSealed      = ".sealed"
	extQuarantined = ".segment"
	extReason      = ".reason" // appended
	extTail        = ".tail"
	quarantineDir  = "quarantine"
	journalName    = "recent"
	commitsName    = "committed"
	lockName       = "lock"
)

// Open locks the folder and recovers what is in it. It fails with ErrLocked while another
// instance or process has it.
func Open(o Options) (*Spool, error) {
	o = o.withDefaults()
	lock, err := lockDir(o)
	if err != nil {
		return nil, fmt.Errorf("open spool %s: %w", o.Dir, err)
	}
	s := &Spool{
		opts:   o,
		lock:   lock,
		files:  newFileCache(o.FS, o.MaxOpen),
		active: map[string]*Segment{},
		used:   map[*Segment]int64{},
	}
	if s.commits, err = openCommits(o.FS, filepath.Join(o.Dir, commitsName)); err != nil {
		return nil, errors.Join(fmt.Errorf("open spool %s: %w", o.Dir, err), lock.Close())
	}
	if o.Readmit {
		err = s.readmit()
	}
	var found []*Segment
	if err == nil {
		found, err = s.recover()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open spool %s: %w", o.Dir, err), lock.Close())
	}
	if o.Deduplicate {
		journal := filepath.Join(o.Dir, journalName)
		if s.dedup, err = openDedup(o.FS, journal, o.Writer, found, o.Now); err != nil {
			o.Warn(fmt.Sprintf("chunks may be stored twice after a crash: the journal of recent chunks cannot be "+
				"used: %v", err))
		}
		s.lastID = max(s.lastID, s.dedup.journal.state.last)
	}
	for _, seg := range found {
		o.Sealed(seg)
	}
	return s, nil
}

// lockDir creates the spool's folder, if it does not exist, and locks it. It refuses a
// folder that others can write to: a segment's meta says where its data goes.
func lockDir(o Options) (io.Closer, error) {
	if err := makeDir(o.FS, filepath.Join(o.Dir, quarantineDir)); err != nil {
		return nil, err
	}
	for _, dir := range []string{o.Dir, filepath.Join(o.Dir, quarantineDir)} {
		if err := o.FS.CheckPrivate(dir); err != nil {
			return nil, err
		}
	}
	return o.FS.Lock(filepath.Join(o.Dir, lockName))
}

func (o Options) withDefaults() Options {
	if o.FS == nil {
		o.FS = OS{}
	}
	if o.Opened == nil {
		o.Opened = func(*Segment) {}
	}
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Writer = cmp.Or(o.Writer, "sluice")
	o.MaxOpen = min(cmp.Or(o.MaxOpen, 64), mayOpen())
	o.Syncs = cmp.Or(o.Syncs, 8)
	return o
}

// makeDir creates a folder, with its parents, that survives a crash.
func makeDir(fs FS, dir string) error {
	if err := fs.MkdirAll(dir); err != nil {
		return err
	}
	for parent := filepath.Dir(dir); ; parent = filepath.Dir(parent) {
		// A parent that we may not open was not created here.
		if err := fs.SyncDir(parent); err != nil && !errors.Is(err, os.ErrPermission) {
			return err
		}
		if parent == filepath.Dir(parent) {
			return nil
		}
	}
}

// Used returns how many bytes the segments take.
func (s *Spool) Used() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// Active returns how many streams have an active segment.
func (s *Spool) Active() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.active)
}

// IsActive reports whether a stream has an active segment.
func (s *Spool) IsActive(stream string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.active[stream] != nil
}

// Close accepts no more chunks, seals what is active and unlocks the folder. Segments that
// were not committed stay; reading and committing must have ended before. unacked is how
// many of the last chunks may be delivered again, because Fluent Bit has not recorded that
// they were accepted: at most 64, or Unknown.
func (s *Spool) Close(unacked int) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	_, err := s.SealOpened(farFuture)
	s.mu.Lock()
	last, lock := s.lastID, s.lock
	s.mu.Unlock()
	return errors.Join(err, s.dedup.close(unacked, last), s.commits.close(), lock.Close())
}

// Unknown is for a Close without Fluent Bit: whatever may be delivered again after the
// last process may still be after this one.
const Unknown = -1

// farFuture is later than any time that a clock shows.
var farFuture = time.Unix(1<<60, 0)

func (s *Spool) path(id uint64, ext string) string {
	return filepath.Join(s.opts.Dir, fmt.Sprintf("%016x%s", id, ext))
}
