package spool

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"sync"
	"syscall"
)

// frameReader walks the frames of a file and steps over what is damaged.
type frameReader struct {
	file   io.ReaderAt
	off    int64 // of the next frame
	end    int64 // of the file
	good   int64 // end of the last whole frame
	damage []Damage

	names bool // only the frames' names are needed: Data is not decompressed

	buffers *buffers
	prefix  [framePrefix]byte
}

// buffers hold one frame.
type buffers struct{ frame, data []byte }

var bufferPool = sync.Pool{New: func() any { return new(buffers) }}

// newFrameReader reads what is between two offsets; release ends it.
func newFrameReader(file io.ReaderAt, start, end int64) *frameReader {
	return &frameReader{file: file, off: start, good: start, end: end, buffers: bufferPool.Get().(*buffers)}
}

// release returns the buffers to the pool; frames that were read become invalid.
func (r *frameReader) release() { bufferPool.Put(r.buffers) }

// next returns the next whole frame, whose Data is valid until the next call. Parts that
// the disk has lost are damage like any other. At the end next returns io.EOF, and any
// other error only if the file cannot be read at all.
func (r *frameReader) next() (Frame, error) {
	for r.off < r.end {
		f, n, err := r.at(r.off)
		if err == nil {
			r.off += n
			r.good = r.off
			return f, nil
		}
		if readFailed(err) {
			return Frame{}, err
		}
		from := r.off
		if r.off, err = r.resync(from, err); err != nil {
			return Frame{}, err
		}
	}
	return Frame{}, io.EOF
}

// resync records damage and returns the offset of the next whole frame, or the file's end.
func (r *frameReader) resync(from int64, reason error) (int64, error) {
	to := from
	for {
		var err error
		if to, err = r.find(to + 1); err != nil {
			return to, err
		}
		if to < r.end {
			switch _, _, err := r.at(to); {
			case readFailed(err):
				return to, err
			case err != nil:
				continue
			}
		}
		r.damage = append(r.damage, Damage{From: from, To: to, Reason: reason})
		return to, nil
	}
}

// find returns the offset of the next frame marker at or behind off, or the file's end. It
// skips blocks that cannot be read.
func (r *frameReader) find(off int64) (int64, error) {
	window := make([]byte, 64<<10)
	for off < r.end {
		n, err := r.readPrefix(window[:min(int64(len(window)), r.end-off)], off)
		if err != nil {
			return off, err
		}
		if i := bytes.Index(window[:n], []byte(frameMarker)); i >= 0 {
			return off + int64(i), nil
		}
		if n == 0 {
			off += toBlockEnd(off)
			continue
		}
		off += max(int64(n-len(frameMarker)+1), 1)
	}
	return r.end, nil
}

// blockSize is the unit in which disks lose data, in bytes.
const blockSize = 4 << 10

func toBlockEnd(off int64) int64 { return blockSize - off%blockSize }

// readPrefix fills b up to the first block that cannot be read.
func (r *frameReader) readPrefix(b []byte, off int64) (n int, err error) {
	if err := r.read(b, off); err == nil || readFailed(err) {
		return len(b), err
	}
	for n < len(b) {
		block := b[n:]
		block = block[:min(int64(len(block)), toBlockEnd(off+int64(n)))]
		switch err := r.read(block, off+int64(n)); {
		case readFailed(err):
			return n, err
		case err != nil:
			return n, nil
		}
		n += len(block)
	}
	return n, nil
}

// at reads the frame at off.
func (r *frameReader) at(off int64) (Frame, int64, error) {
	prefix := r.prefix[:min(int64(framePrefix), r.end-off)]
	if err := r.read(prefix, off); err != nil {
		return Frame{}, 0, err
	}
	n, err := frameSize(prefix)
	if err != nil {
		return Frame{}, 0, err
	}
	if n > r.end-off {
		return Frame{}, 0, errTorn
	}
	b := r.buffers
	b.frame = slices.Grow(b.frame[:0], int(n))[:n]
	if err := r.read(b.frame, off); err != nil {
		return Frame{}, 0, err
	}
	if r.names {
		f, _, err := parseFrameHead(b.frame)
		return f, n, err
	}
	f, data, err := parseFrame(b.frame, b.data)
	b.data = data
	return f, n, err
}

// readError is a failed read.
type readError struct{ error }

func (e *readError) Unwrap() error { return e.error }

func (r *frameReader) read(b []byte, off int64) error {
	n, err := r.file.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return &readError{err}
}

// readFailed reports whether err means that nothing of the file can be read.
func readFailed(err error) bool {
	var read *readError
	return errors.As(err, &read) && !lostByDisk(err)
}

// lostByDisk reports whether err means that the disk has lost the data, as with a bad
// sector: the rest of the file may be good.
func lostByDisk(err error) bool {
	return errors.Is(err, syscall.EIO) || errors.Is(err, syscall.EBADMSG) || errors.Is(err, syscall.ENODATA)
}

// readHeader reads a segment's header, or its copy if the first one is damaged, and returns
// the offset of the first frame. damage says what is wrong with the first header. It reads
// no further than necessary: the disk may have lost what is behind the header.
func readHeader(file io.ReaderAt, size int64) (h header, start int64, damage error, err error) {
	for room := int64(blockSize); ; room = 2 * headerRoom {
		b := make([]byte, min(size, room))
		if n, err := file.ReadAt(b, 0); n < len(b) {
			return h, 0, nil, err
		}
		h, start, damage, err = parseHeaders(b, size)
		if err == nil || room == 2*headerRoom {
			return h, start, damage, err
		}
	}
}

// parseHeaders finds the header or its copy in b, the beginning of a file.
func parseHeaders(b []byte, size int64) (h header, start int64, damage error, err error) {
	h, n, err := parseHeader(b)
	if err == nil {
		return h, min(2*int64(n), size), nil, nil
	}
	for at := min(1, len(b)); ; at++ {
		next := bytes.Index(b[at:], []byte(magic))
		if next < 0 {
			return h, 0, nil, err
		}
		at += next
		if h, n, copyErr := parseHeader(b[at:]); copyErr == nil {
			return h, int64(at + n), err, nil
		}
	}
}

// headerRoom bounds a header, in bytes.
const headerRoom = 256 << 10

// readTrailer reads the trailer that ends a sealed segment.
func readTrailer(file io.ReaderAt, size int64) (s summary, ok bool, err error) {
	if size < int64(trailerSize) {
		return s, false, nil
	}
	var b [trailerSize]byte
	if n, err := file.ReadAt(b[:], size-int64(trailerSize)); n < len(b) {
		if lostByDisk(err) {
			err = nil // the frames are as good without
		}
		return s, false, err
	}
	s, ok = parseTrailer(b[:])
	return s, ok, nil
}
