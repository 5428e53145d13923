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

// The journal of chunks that may come again is a file of a header and records of
// one length, all numbers little-endian:
//
//	journal = header record*
//	header  = "SLRECENT" version | writer u8 | writer… | noted u64 | crc u32
//	record  = content u64 | tag u64 | size u32 | seen i64 | starts u24 | again u8 | crc u32
//
// noted is a segment's ID: Fluent Bit has noted our answer to all chunks of the
// segments up to it, but for those that have a record. content and tag are
// xxHash64 of the chunk's data and tag, size is the data's length, seen a time in
// nanoseconds since 1970, starts how often the spool was opened since the chunk
// came, again 1 if it was recognised at that time, and crc (CRC-32C) covers what
// is before it. A record that a crash cut off, and what is behind it, is ignored.
// The file is written anew when the spool is opened, and when it is closed.
const (
	journalVersion = 1
	journalMagic   = "SLRECENT"
	recordSize     = 8 + 8 + 4 + 8 + 4 + 4
)

func appendJournalHeader(dst []byte, writer string, noted uint64) []byte {
	start := len(dst)
	writer = writer[:min(len(writer), maxWriter)]
	dst = append(dst, journalMagic...)
	dst = append(dst, journalVersion, byte(len(writer)))
	dst = append(dst, writer...)
	dst = binary.LittleEndian.AppendUint64(dst, noted)
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
}

// parseJournalHeader returns what follows the header, too.
func parseJournalHeader(b []byte) (noted uint64, rest []byte, err error) {
	_, rest, err = parseOpening(b, journalMagic, journalVersion)
	if err != nil {
		return 0, nil, err
	}
	if len(rest) < 12 {
		return 0, nil, errTorn
	}
	if covered := len(b) - len(rest) + 8; binary.LittleEndian.Uint32(rest[8:]) != crc32.Checksum(b[:covered], castagnoli) {
		return 0, nil, errCRC
	}
	return binary.LittleEndian.Uint64(rest), rest[12:], nil
}

// sighting is a chunk that came.
type sighting struct {
	name   chunkName
	seen   time.Time
	starts uint32
	again  bool // recognised, not new
}

func appendRecord(dst []byte, s sighting) []byte {
	start := len(dst)
	dst = binary.LittleEndian.AppendUint64(dst, s.name.content)
	dst = binary.LittleEndian.AppendUint64(dst, s.name.tag)
	dst = binary.LittleEndian.AppendUint32(dst, s.name.size)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(s.seen.UnixNano()))
	last := s.starts & 0xffffff
	if s.again {
		last |= 1 << 24
	}
	dst = binary.LittleEndian.AppendUint32(dst, last)
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
}

func parseRecord(b []byte) (s sighting, ok bool) {
	if len(b) < recordSize || binary.LittleEndian.Uint32(b[recordSize-4:]) != crc32.Checksum(b[:recordSize-4], castagnoli) {
		return sighting{}, false
	}
	last := binary.LittleEndian.Uint32(b[28:])
	return sighting{
		name: chunkName{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint32(b[16:])},
		seen: time.Unix(0, int64(binary.LittleEndian.Uint64(b[20:]))), starts: last & 0xffffff, again: last>>24 == 1,
	}, true
}

// readJournal returns what a file says; one that is not there says nothing.
func readJournal(fs FS, path string) (noted uint64, found []sighting, err error) {
	file, err := fs.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil, nil
	}
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	size, err := file.Size()
	if err != nil {
		return 0, nil, err
	}
	b := make([]byte, size)
	if n, err := file.ReadAt(b, 0); n < len(b) {
		return 0, nil, err
	}
	if noted, b, err = parseJournalHeader(b); err != nil {
		return 0, nil, err
	}
	for ; len(b) > 0; b = b[recordSize:] {
		s, ok := parseRecord(b)
		if !ok {
			break
		}
		found = append(found, s)
	}
	return noted, found, nil
}

// journal is the open file. It is safe for concurrent use.
type journal struct {
	fs     FS
	path   string
	writer string // program and version

	mu    sync.Mutex // guards what follows
	file  File
	size  int64
	noted uint64
	kept  []sighting // the newest records, for when the file has grown
}

// maxJournal is how many records the file may have before it is written anew.
const maxJournal = 4 * maxRepeats

// replace makes a file with these records alone. If that fails, it is tried
// again at each add.
func (j *journal) replace(noted uint64, kept []sighting) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.noted, j.kept = noted, kept
	return j.renew()
}

// renew writes a new file: write, fsync, rename, fsync the folder. It is called
// with mu held.
func (j *journal) renew() error {
	b := appendJournalHeader(nil, j.writer, j.noted)
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
		_ = j.file.Close() // nobody reads it any more
	}
	j.file, j.size = file, int64(len(b))
	return j.fs.SyncDir(filepath.Dir(j.path))
}

// add makes records durable.
func (j *journal) add(seen []sighting) error {
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
	// Behind a record that could not be written whole nothing would be read: the
	// next one takes its place.
	if _, err := j.file.WriteAt(b, j.size); err != nil {
		return err
	}
	if err := j.file.Sync(); err != nil {
		return err
	}
	j.size += int64(len(b))
	j.keep(seen)
	return nil
}

// keep remembers records that are in the file. It is called with mu held.
func (j *journal) keep(seen []sighting) {
	j.kept = append(j.kept, seen...)
	if over := len(j.kept) - maxRepeats; over > 0 {
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
