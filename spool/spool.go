// Package spool keeps chunks on disk until somebody commits them.
//
// Chunks of one stream are appended to one segment file; Append returns when
// its chunk is durable. Somebody seals segments, reads them, and commits those
// that have arrived elsewhere:
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
	// ErrVanished is for a segment whose file was deleted by somebody else.
	ErrVanished = errors.New("its file was removed by somebody else")
)

// Options of a Spool.
type Options struct {
	Dir   string // made if it is not there
	Limit int64  // bytes of all segments, without the quarantine; 0 is unlimited
	// Opened is called for each segment that Append opens, in the order of their IDs. It
	// must not block, nor call the Spool. Optional.
	Opened func(*Segment)
	// Sealed is called once for each segment that is ready to be read, those
	// that Open finds included, the oldest first. It must not block. Required.
	Sealed func(*Segment)
	// Warn is told what somebody should know who looks after the folder: what Open
	// cut off or put into quarantine. Optional.
	Warn func(text string)
	// Repeats recognises chunks that came in the last moments before the spool was
	// opened when they come again.
	Repeats bool
	// Readmit takes the segments in quarantine back, to be read once more.
	Readmit  bool
	Compress bool             // payloads of frames, quickly
	Writer   string           // program and version, for who finds the files; default "sluice"
	MaxOpen  int              // files of active segments that are open at once, default 64
	FS       FS               // default OS{}
	Now      func() time.Time // default time.Now
}

// Chunk is what Append takes.
type Chunk struct {
	Tag  string
	Data []byte // not kept
}

// Spool is a locked folder of segments. All methods are safe for concurrent
// use.
type Spool struct {
	opts    Options
	repeats *repeats // nil without Options.Repeats

	// sweeping is held while many segments are sealed: who comes to the same end
	// meanwhile waits until all of them are. It is taken before sealing.
	sweeping sync.Mutex
	// sealing is held while a segment is sealed and handed over: the next one of
	// its stream is handed over behind it, and Close after all of them. It is taken
	// before mu.
	sealing sync.Mutex

	files *handles

	mu     sync.Mutex // guards what follows
	lock   io.Closer
	active map[string]*Segment
	opened []*Segment         // in the order of opening; those that are not active any more drop out
	broken []*Segment         // that ended in a failed sync
	used   map[*Segment]int64 // bytes that each segment counts for
	total  int64              // sum of used
	lastID uint64
	forgot time.Time // when segments last dropped old chunks' names
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
	lockName       = "lock"
)

// Open locks the folder and recovers what is in it. It fails with ErrLocked
// while another instance or process has the folder.
func Open(o Options) (*Spool, error) {
	o = o.withDefaults()
	lock, err := lockDir(o)
	if err != nil {
		return nil, fmt.Errorf("open spool %s: %w", o.Dir, err)
	}
	s := &Spool{opts: o, lock: lock, files: newHandles(o.FS, o.MaxOpen), active: map[string]*Segment{}, used: map[*Segment]int64{}}
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
	if o.Repeats {
		if s.repeats, err = openRepeats(o.FS, filepath.Join(o.Dir, journalName), o.Writer, found, o.Now); err != nil {
			o.Warn(fmt.Sprintf("chunks may come twice after a crash: the journal of those that came cannot be used: %v", err))
		}
		s.lastID = max(s.lastID, s.repeats.journal.state.last)
	}
	for _, seg := range found {
		o.Sealed(seg)
	}
	return s, nil
}

// lockDir makes the spool's folder, unless it is there, and locks it. A folder that
// others can write to is not one to take segments from: their meta says where they go.
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
	o.MaxOpen = cmp.Or(o.MaxOpen, 64)
	return o
}

// makeDir makes a folder whose name, and whose parents' names, outlast a crash.
func makeDir(fs FS, dir string) error {
	if err := fs.MkdirAll(dir); err != nil {
		return err
	}
	for parent := filepath.Dir(dir); ; parent = filepath.Dir(parent) {
		// A parent that may not be opened was not made here.
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

// Close takes no more chunks, seals what is active and unlocks the folder.
// Segments that nobody committed stay; reading and committing them must have
// ended before. unnoted is how many of the last chunks may come again, since
// Fluent Bit has not noted that they were taken: 64 at most, or Unknown.
func (s *Spool) Close(unnoted int) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	_, err := s.SealOpened(farFuture)
	s.mu.Lock()
	last, lock := s.lastID, s.lock
	s.mu.Unlock()
	return errors.Join(err, s.repeats.close(unnoted, last), lock.Close())
}

// Unknown is for a Close by somebody else than Fluent Bit: what may come again
// after the last process may come again after this one.
const Unknown = -1

// farFuture is after all times that a clock shows.
var farFuture = time.Unix(1<<60, 0)

func (s *Spool) path(id uint64, ext string) string {
	return filepath.Join(s.opts.Dir, fmt.Sprintf("%016x%s", id, ext))
}
