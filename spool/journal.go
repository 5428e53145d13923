package spool

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// The journal of chunks that may be delivered again is a file of a header and records of
// one length, all numbers little-endian:
//
//	journal = header record*
//	header  = "SLRECENT" version | writer u8 | writer… | last u64 | opened i64 | crc u32
//	record  = content u64 | tag u64 | size u32 | seen i64 | kind u32 | crc u32
//
// last is a segment's ID: chunks of segments up to it that may be delivered again have a
// record. opened is when the header was written, at opening or closing the spool. Times
// are nanoseconds since 1970. content and tag are the xxHash64 of the chunk's data and
// tag, size is the data's length, seen its arrival, and crc (CRC-32C) covers what is
// before it. kind is
//
//	0  its segment was removed
//	1  it was delivered again, and recognised
//	2  it is expected, carried over from an earlier process
//
// A record that a crash cut off is ignored, and so is what is behind it.
const (
	journalVersion = 1
	journalMagic   = "SLRECENT"
	journalFixed   = 8 + 8 + 4
	recordSize     = 8 + 8 + 4 + 8 + 4 + 4
)

// kind is what a record says about its chunk.
type kind uint8

const (
	kindRemoved kind = iota
	kindRedelivered
	kindCarried
)

// chunkSeen is a chunk that was accepted.
type chunkSeen struct {
	name chunkName
	seen time.Time
	kind kind
}

// state is what a journal's header says.
type state struct {
	last   uint64
	opened time.Time
}

func appendJournalHeader(dst []byte, writer string, s state) []byte {
	start := len(dst)
	writer = writer[:min(len(writer), maxWriter)]
	dst = append(dst, journalMagic...)
	dst = append(dst, journalVersion, byte(len(writer)))
	dst = append(dst, writer...)
	dst = binary.LittleEndian.AppendUint64(dst, s.last)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(s.opened.UnixNano()))
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
}

// parseJournalHeader returns what follows the header, too.
func parseJournalHeader(b []byte) (s state, rest []byte, err error) {
	_, rest, err = parseOpening(b, journalMagic, journalVersion, journalVersion)
	if err != nil {
		return s, nil, err
	}
	if len(rest) < journalFixed {
		return s, nil, errTorn
	}
	covered := b[:len(b)-len(rest)+16]
	if binary.LittleEndian.Uint32(rest[16:]) != crc32.Checksum(covered, castagnoli) {
		return s, nil, errCRC
	}
	s.last = binary.LittleEndian.Uint64(rest)
	s.opened = time.Unix(0, int64(binary.LittleEndian.Uint64(rest[8:])))
	return s, rest[journalFixed:], nil
}

func appendRecord(dst []byte, s chunkSeen) []byte {
	start := len(dst)
	dst = binary.LittleEndian.AppendUint64(dst, s.name.content)
	dst = binary.LittleEndian.AppendUint64(dst, s.name.tag)
	dst = binary.LittleEndian.AppendUint32(dst, s.name.size)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(s.seen.UnixNano()))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(s.kind))
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
}

func parseRecord(b []byte) (s chunkSeen, ok bool) {
	if len(b) < recordSize ||
		binary.LittleEndian.Uint32(b[recordSize-4:]) != crc32.Checksum(b[:recordSize-4], castagnoli) {
		return chunkSeen{}, false
	}
	return chunkSeen{
		name: chunkName{
			content: binary.LittleEndian.Uint64(b),
			tag:     binary.LittleEndian.Uint64(b[8:]),
			size:    binary.LittleEndian.Uint32(b[16:]),
		},
		seen: time.Unix(0, int64(binary.LittleEndian.Uint64(b[20:]))),
		kind: kind(binary.LittleEndian.Uint32(b[28:])),
	}, true
}

// readJournal reads a journal. A missing file is an empty journal.
func readJournal(fs FS, path string) (before state, found []chunkSeen, err error) {
	file, err := fs.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return before, nil, nil
	}
	if err != nil {
		return before, nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	size, err := file.Size()
	if err != nil {
		return before, nil, err
	}
	b := make([]byte, size)
	if n, err := file.ReadAt(b, 0); n < len(b) {
		return before, nil, err
	}
	if before, b, err = parseJournalHeader(b); err != nil {
		return before, nil, err
	}
	for ; len(b) > 0; b = b[recordSize:] {
		s, ok := parseRecord(b)
		if !ok {
			break
		}
		found = append(found, s)
	}
	return before, found, nil
}

// journal is the open file. It is safe for concurrent use.
type journal struct {
	fs     FS
	path   string
	writer string // program and version

	mu    sync.Mutex // guards what follows
	file  File
	size  int64
	state state
	kept  []chunkSeen // the newest records, to start a new file with
}

// maxJournal is how many records the file may have before a new one is written.
const maxJournal = 4 * maxChunks

// replace writes a new file with only these records. If that fails, each add tries again.
func (j *journal) replace(s state, kept []chunkSeen) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.state, j.kept = s, kept
	return j.renew()
}

// renew writes a new file: write, fsync, rename, fsync the folder. It is called
// with mu held.
func (j *journal) renew() error {
	b := appendJournalHeader(nil, j.writer, j.state)
	for _, s := range j.kept {
		b = appendRecord(b, s)
	}
	temp := j.path + ".new"
	if err := j.fs.Remove(temp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	file, err := j.fs.Create(temp)
	if err != nil {
		return err
	}
	if _, err = file.WriteAt(b, 0); err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = j.fs.Rename(temp, j.path)
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	if j.file != nil {
		_ = j.file.Close() // it is not read any more
	}
	j.file, j.size = file, int64(len(b))
	if err := j.fs.SyncDir(filepath.Dir(j.path)); err != nil {
		return errors.Join(err, j.drop()) // a crash may remove the file, and what is added to it
	}
	return nil
}

// drop closes a file that is unreliable: the next add writes a new one. It is called with mu
// held.
func (j *journal) drop() error {
	file := j.file
	j.file = nil
	return file.Close()
}

// renewLater makes the next add write a new file, because the open one was removed.
func (j *journal) renewLater() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	return j.drop()
}

// add makes records durable.
func (j *journal) add(seen []chunkSeen) error {
	if len(seen) == 0 {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil || j.size > maxJournal*recordSize {
		before := j.kept
		j.keep(seen)
		err := j.renew()
		if err != nil {
			j.kept = before
		}
		return err
	}
	var b []byte
	for _, s := range seen {
		b = appendRecord(b, s)
	}
	_, err := j.file.WriteAt(b, j.size)
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil { // neither the records nor what follows them may be read after a crash
		return errors.Join(err, j.file.Truncate(j.size), j.drop())
	}
	j.size += int64(len(b))
	j.keep(seen)
	return nil
}

// keep remembers records that were added to the file. It is called with mu held.
func (j *journal) keep(seen []chunkSeen) {
	j.kept = append(j.kept, seen...)
	if over := len(j.kept) - maxChunks; over > 0 {
		j.kept = slices.Clone(j.kept[over:])
	}
}

func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	return j.file.Close()
}
