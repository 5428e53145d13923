package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"time"
)

// The file of the last committed chunk has two slots of one block each, all numbers
// little-endian:
//
//	file = slot zeros slot
//	slot = "SLCHUNKS" version | zeros, 3 bytes | chunk u64 | crc u32
//
// chunk is the number of the last divided chunk all of whose parts are durable, and crc
// (CRC-32C) covers what is before it. The slots are written by turns, so that a crash leaves
// one of them; the higher number counts. Parts of chunks with higher numbers were being
// written when the process ended.
const (
	commitsVersion = 1
	commitsMagic   = "SLCHUNKS"
	slotSize       = len(commitsMagic) + 4 + 8 + 4
	slotDistance   = blockSize
)

func appendSlot(dst []byte, chunk uint64) []byte {
	start := len(dst)
	dst = append(dst, commitsMagic...)
	dst = append(dst, commitsVersion, 0, 0, 0)
	dst = binary.LittleEndian.AppendUint64(dst, chunk)
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
}

// parseSlot parses a slot of slotSize bytes.
func parseSlot(b []byte) (chunk uint64, ok bool) {
	sum := slotSize - 4
	if string(b[:len(commitsMagic)]) != commitsMagic || b[len(commitsMagic)] != commitsVersion ||
		binary.LittleEndian.Uint32(b[sum:]) != crc32.Checksum(b[:sum], castagnoli) {
		return 0, false
	}
	return binary.LittleEndian.Uint64(b[sum-8:]), true
}

// commits knows which divided chunks are durable with all their parts. It must not be used by
// several goroutines at once.
type commits struct {
	fs   FS
	path string

	known bool   // the file says which chunk was the last
	last  uint64 // number of the last committed chunk
	used  uint64 // highest number that a frame may have

	file File // nil until a chunk is divided
	slot int  // to be written next
}

// openCommits reads the file, if there is one.
func openCommits(fs FS, path string) (*commits, error) {
	c := &commits{fs: fs, path: path}
	file, err := fs.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	c.known, c.last, c.slot = readSlots(file)
	c.used = c.last
	return c, file.Close()
}

// readSlots returns the higher number, and which slot does not have it. known is false if
// neither slot can be read: then nothing is known of any chunk.
func readSlots(file io.ReaderAt) (known bool, last uint64, other int) {
	for slot := range 2 {
		var b [slotSize]byte
		if n, _ := file.ReadAt(b[:], int64(slot)*slotDistance); n < len(b) {
			continue // not written yet, or lost by the disk
		}
		if chunk, ok := parseSlot(b[:]); ok && (!known || chunk > last) {
			known, last, other = true, chunk, 1-slot
		}
	}
	return known, last, other
}

// has reports whether a frame, which a start has found, was committed. What nothing is known
// of was: the file was deleted, since it is durable before the first part of a chunk is.
func (c *commits) has(f Frame) bool {
	if f.part == nil || f.part.chunk == 0 {
		return true
	}
	c.used = max(c.used, f.part.chunk)
	return !c.known || f.part.chunk <= c.last
}

// next returns the number of the next chunk, whose parts may then be written.
func (c *commits) next(now time.Time) (uint64, error) {
	if err := c.open(); err != nil {
		return 0, fmt.Errorf("divide a chunk: %w", err)
	}
	c.used = max(c.used+1, uint64(now.UnixNano()))
	return c.used, nil
}

// open makes the file durable, if it is not there yet.
func (c *commits) open() (err error) {
	if c.file != nil {
		return nil
	}
	if c.known {
		c.file, err = c.fs.Open(c.path)
		return err
	}
	if err := c.fs.Remove(c.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	file, err := c.fs.Create(c.path)
	if err != nil {
		return err
	}
	_, err = file.WriteAt(appendSlot(nil, c.used), 0)
	if err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = c.fs.SyncDir(filepath.Dir(c.path))
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	c.file, c.known, c.last, c.slot = file, true, c.used, 1
	return nil
}

// commit makes durable that a chunk has all its parts. After an error it may come to light all
// the same that it has: the parts must be taken back.
func (c *commits) commit(chunk uint64) error {
	if c.file == nil { // the folder was removed meanwhile
		return fmt.Errorf("commit a divided chunk: %w", ErrVanished)
	}
	_, err := c.file.WriteAt(appendSlot(nil, chunk), int64(c.slot)*slotDistance)
	if err == nil {
		err = c.file.Sync()
	}
	if err == nil {
		err = vanished(c.file)
	}
	if errors.Is(err, ErrVanished) {
		c.restore()
	}
	if err != nil {
		return fmt.Errorf("commit a divided chunk: %w", err)
	}
	c.last, c.slot = chunk, 1-c.slot
	return nil
}

// restore makes the next chunk create the file again, after its folder was removed.
func (c *commits) restore() {
	c.known = false
	_ = c.close() // of a file that is gone
}

func (c *commits) close() error {
	if c.file == nil {
		return nil
	}
	file := c.file
	c.file = nil
	return file.Close()
}
