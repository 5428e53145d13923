package spool

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"sync"
)

// frameReader walks the frames of a file and steps over what is damaged.
type frameReader struct {
	file   io.ReaderAt
	off    int64 // of the next frame
	end    int64 // of the file
	good   int64 // end of the last whole frame
	damage []Damage

	names bool // only the frames' names are wanted: Data is not decompressed

	buffers *buffers
	prefix  [framePrefix]byte
}

// buffers are what a reader needs to hold one frame.
type buffers struct{ frame, data []byte }

var bufferPool = sync.Pool{New: func() any { return new(buffers) }}

// newFrameReader reads what is between two offsets; release ends it.
func newFrameReader(file io.ReaderAt, start, end int64) *frameReader {
	return &frameReader{file: file, off: start, good: start, end: end, buffers: bufferPool.Get().(*buffers)}
}

// release gives the buffers back; frames that were read are not valid any more.
func (r *frameReader) release() { bufferPool.Put(r.buffers) }

// next returns the next whole frame; its Data is valid until the next call. At
// the end it returns io.EOF, and any other error only if the disk cannot be
// read.
func (r *frameReader) next() (Frame, error) {
	for r.off < r.end {
		f, n, err := r.at(r.off)
		if err == nil {
			r.off += n
			r.good = r.off
			return f, nil
		}
		var disk *diskError
		if errors.As(err, &disk) {
			return Frame{}, disk.err
		}
		from := r.off
		if r.off, err = r.resync(from, err); err != nil {
			return Frame{}, err
		}
	}
	return Frame{}, io.EOF
}

// resync notes a damage and returns the offset of the next whole frame, or the
// file's end.
func (r *frameReader) resync(from int64, reason error) (int64, error) {
	to := from
	for {
		var err error
		if to, err = r.find(to + 1); err != nil {
			return to, err
		}
		if to < r.end {
			if _, _, err := r.at(to); err != nil {
				continue
			}
		}
		r.damage = append(r.damage, Damage{From: from, To: to, Reason: reason})
		return to, nil
	}
}

// find returns the offset of the next frame marker at or behind off, or the
// file's end.
func (r *frameReader) find(off int64) (int64, error) {
	window := make([]byte, 64<<10)
	for off < r.end {
		n := min(int64(len(window)), r.end-off)
		if err := r.read(window[:n], off); err != nil {
			return off, err.err
		}
		if i := bytes.Index(window[:n], []byte(frameMarker)); i >= 0 {
			return off + int64(i), nil
		}
		off += max(n-int64(len(frameMarker))+1, 1)
	}
	return r.end, nil
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

// diskError is a failed read, which is no damage of the file.
type diskError struct{ err error }

func (e *diskError) Error() string { return e.err.Error() }

func (r *frameReader) read(b []byte, off int64) *diskError {
	n, err := r.file.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return &diskError{err}
}

// readHeader reads a segment's header, or its copy if the first one is damaged,
// which damage tells, and where its frames begin.
func readHeader(file io.ReaderAt, size int64) (h header, start int64, damage error, err error) {
	b := make([]byte, min(size, 2*headerRoom))
	if n, err := file.ReadAt(b, 0); n < len(b) {
		return h, 0, nil, err
	}
	h, n, err := parseHeader(b)
	if err == nil {
		return h, int64(min(2*n, len(b))), nil, nil
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

// headerRoom bounds a header, bytes.
const headerRoom = 256 << 10

// readTrailer reads the trailer that ends a sealed segment.
func readTrailer(file io.ReaderAt, size int64) (s summary, ok bool, err error) {
	if size < int64(trailerSize) {
		return s, false, nil
	}
	var b [trailerSize]byte
	if n, err := file.ReadAt(b[:], size-int64(trailerSize)); n < len(b) {
		return s, false, err
	}
	s, ok = parseTrailer(b[:])
	return s, ok, nil
}
