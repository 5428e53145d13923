package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/s2"
)

// A segment file, all numbers little-endian:
//
//	segment  = header header frame* [trailer]
//	header   = "SLUICE" 0x00 version | writer u8 | writer… | size u32 | crc u32 | stream u32 | stream… meta…
//	frame    = "SLFR" | size u32 | crc u32 | hash u64 | time i64 | raw u32 | codec u8 | tag u16 | tag… [part] payload…
//	part     = chunk u64 | content u64 | tag u64 | size u32
//	trailer  = "SLTR" | crc u32 | frames u32 | raw u64 | latest i64
//
// The header is written twice, since without it nothing says where the frames belong.
// Magic, version and writer, which names the program, keep their place in all versions.
// size is the length of what follows the crc, and crc (CRC-32C) covers that; a header's
// crc covers what is before size, too. hash is the xxHash64 of the uncompressed data, time
// its arrival in nanoseconds since 1970, raw its length; writer, stream and tag are
// preceded by their lengths. A frame's marker is there to find the next frame behind
// damage. The trailer sums up the frames of a sealed segment, so that they need not all be
// read; it may be missing.
//
// Version 3 is for segments whose frames are parts of divided chunks. Such a frame has 128
// added to its codec, and a part before its payload: chunk is the number of the divided chunk
// (committed.go), 0 for a chunk of one part. In a chunk's first part, content, tag and size
// are the hashes and the length of the whole chunk, by which a repetition is recognised; in
// others they are 0.
const (
	version     = 2
	divided     = 3
	magic       = "SLUICE\x00"
	maxWriter   = 1<<8 - 1
	frameMarker = "SLFR"
	framePrefix = len(frameMarker) + 8
	frameFixed  = 8 + 8 + 4 + 1 + 2
	maxTag      = 1<<16 - 1
	partSize    = 8 + 8 + 8 + 4

	trailerMarker = "SLTR"
	trailerSize   = len(trailerMarker) + 4 + 4 + 8 + 8
)

// codecs of a frame's payload
const (
	codecRaw = 0
	codecS2  = 1

	partFlag = 0x80
)

// Errors of the reader.
var (
	errTorn    = errors.New("incomplete")
	errCRC     = errors.New("checksum does not match")
	errForeign = errors.New("not written by sluice")
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Frame is one chunk as Fluent Bit handed it over.
type Frame struct {
	Tag  string
	Time time.Time // when it arrived
	Hash uint64    // xxHash64 of Data
	Data []byte

	raw  int // length of Data, also where it is not decompressed
	part *part
}

// part says which chunk a frame is a part of.
type part struct {
	chunk uint64    // number of the chunk, 0 if it has no other part
	whole chunkName // of the chunk, in its first part
}

// header is the beginning of a segment.
type header struct {
	version byte
	writer  string // program and version
	stream  string
	meta    []byte
}

func appendHeader(dst []byte, h header) []byte {
	start := len(dst)
	h.writer = h.writer[:min(len(h.writer), maxWriter)]
	dst = append(dst, magic...)
	dst = append(dst, h.version, byte(len(h.writer)))
	dst = append(dst, h.writer...)
	sizeAt := len(dst)
	dst = append(dst, make([]byte, 8)...) // size and crc
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(h.stream)))
	dst = append(dst, h.stream...)
	dst = append(dst, h.meta...)
	body := dst[sizeAt+8:]
	binary.LittleEndian.PutUint32(dst[sizeAt:], uint32(len(body)))
	binary.LittleEndian.PutUint32(dst[sizeAt+4:], headerSum(dst[start:sizeAt], body))
	return dst
}

func headerSum(before, body []byte) uint32 {
	return crc32.Update(crc32.Checksum(before, castagnoli), castagnoli, body)
}

// parseOpening parses the beginning of all versions of a format: magic, version and writer.
// It returns the writer and what follows it.
func parseOpening(b []byte, magic string, oldest, newest byte) (writer string, rest []byte, err error) {
	if !strings.HasPrefix(string(b[:min(len(b), len(magic))]), magic[:min(len(b), len(magic))]) {
		return "", nil, errForeign
	}
	if len(b) < len(magic)+2 {
		return "", nil, errTorn
	}
	found, length := b[len(magic)], int(b[len(magic)+1])
	rest = b[len(magic)+2:]
	if length > len(rest) {
		return "", nil, errTorn
	}
	writer = string(rest[:length])
	if found < oldest || found > newest {
		return writer, nil, fmt.Errorf("use the program that wrote it, %q: it has format version %d, and this one "+
			"reads versions %d to %d only",
			writer, found, oldest, newest)
	}
	return writer, rest[length:], nil
}

// parseHeader parses a header and returns its length, too.
func parseHeader(b []byte) (h header, n int, err error) {
	writer, rest, err := parseOpening(b, magic, version, divided)
	if err != nil {
		return h, 0, fmt.Errorf("header: %w", err)
	}
	before := len(b) - len(rest)
	if len(rest) < 8 {
		return h, 0, fmt.Errorf("header: %w", errTorn)
	}
	size, sum := uint64(binary.LittleEndian.Uint32(rest)), binary.LittleEndian.Uint32(rest[4:])
	if size > uint64(len(rest)-8) {
		return h, 0, fmt.Errorf("header: %w", errTorn)
	}
	body := rest[8:][:size]
	if sum != headerSum(b[:before], body) {
		return h, 0, fmt.Errorf("header: %w", errCRC)
	}
	if size < 4 || uint64(binary.LittleEndian.Uint32(body)) > size-4 {
		return h, 0, errors.New("header: its stream is longer than the header")
	}
	stream := binary.LittleEndian.Uint32(body)
	h = header{version: b[len(magic)], writer: writer, stream: string(body[4 : 4+stream]), meta: body[4+stream:]}
	return h, before + 8 + len(body), nil
}

// summary is what a trailer says about a segment's frames.
type summary struct {
	frames int
	raw    int64     // bytes of data, uncompressed
	latest time.Time // arrival of the last one
}

func (s *summary) add(at time.Time, raw int) {
	s.frames++
	s.raw += int64(raw)
	s.latest = at
}

func appendTrailer(dst []byte, s summary) []byte {
	start := len(dst)
	dst = append(dst, trailerMarker...)
	dst = append(dst, make([]byte, 4)...) // crc
	dst = binary.LittleEndian.AppendUint32(dst, uint32(s.frames))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(s.raw))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(s.latest.UnixNano()))
	binary.LittleEndian.PutUint32(dst[start+len(trailerMarker):],
		crc32.Checksum(dst[start+len(trailerMarker)+4:], castagnoli))
	return dst
}

// parseTrailer parses a trailer, which is all of b.
func parseTrailer(b []byte) (s summary, ok bool) {
	if len(b) != trailerSize || string(b[:len(trailerMarker)]) != trailerMarker {
		return s, false
	}
	b = b[len(trailerMarker):]
	if binary.LittleEndian.Uint32(b) != crc32.Checksum(b[4:], castagnoli) {
		return s, false
	}
	return summary{
		frames: int(binary.LittleEndian.Uint32(b[4:])),
		raw:    int64(binary.LittleEndian.Uint64(b[8:])),
		latest: time.Unix(0, int64(binary.LittleEndian.Uint64(b[16:]))),
	}, true
}

// appendFrameHead appends all of a frame but its payload, which is its data in a codec.
func appendFrameHead(dst []byte, f Frame, codec byte, payload [][]byte) []byte {
	start := len(dst)
	tag := f.Tag[:min(len(f.Tag), maxTag)]
	dst = append(dst, frameMarker...)
	dst = append(dst, make([]byte, 8)...) // size and crc
	dst = binary.LittleEndian.AppendUint64(dst, f.Hash)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(f.Time.UnixNano()))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(f.raw))
	if f.part != nil {
		codec |= partFlag
	}
	dst = append(dst, codec)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(tag)))
	dst = append(dst, tag...)
	if f.part != nil {
		dst = appendPart(dst, *f.part)
	}
	body := dst[start+framePrefix:]
	size, sum := len(body), crc32.Checksum(body, castagnoli)
	for _, piece := range payload {
		size, sum = size+len(piece), crc32.Update(sum, castagnoli, piece)
	}
	binary.LittleEndian.PutUint32(dst[start+len(frameMarker):], uint32(size))
	binary.LittleEndian.PutUint32(dst[start+len(frameMarker)+4:], sum)
	return dst
}

func appendPart(dst []byte, p part) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, p.chunk)
	dst = binary.LittleEndian.AppendUint64(dst, p.whole.content)
	dst = binary.LittleEndian.AppendUint64(dst, p.whole.tag)
	return binary.LittleEndian.AppendUint32(dst, p.whole.size)
}

// parsePart parses what b begins with.
func parsePart(b []byte) *part {
	return &part{
		chunk: binary.LittleEndian.Uint64(b),
		whole: chunkName{
			content: binary.LittleEndian.Uint64(b[8:]),
			tag:     binary.LittleEndian.Uint64(b[16:]),
			size:    binary.LittleEndian.Uint32(b[24:]),
		},
	}
}

// frameSize parses a frame's prefix and returns the length of the whole frame.
func frameSize(prefix []byte) (int64, error) {
	if len(prefix) < framePrefix {
		return 0, errTorn
	}
	size := int64(binary.LittleEndian.Uint32(prefix[4:]))
	if string(prefix[:4]) != frameMarker || size < frameFixed {
		return 0, errors.New("no frame begins here")
	}
	return int64(framePrefix) + size, nil
}

// parseFrame parses one whole frame. Data is a view of b, or of buf if it has to be
// decompressed; buf grows as needed and is returned for the next call.
func parseFrame(b, buf []byte) (f Frame, grown []byte, err error) {
	f, codec, err := parseFrameHead(b)
	if err != nil || codec == codecRaw {
		return f, buf, err
	}
	if codec != codecS2 {
		return Frame{}, buf, fmt.Errorf("unknown codec %d", codec)
	}
	n, err := s2.DecodedLen(f.Data)
	if err != nil {
		return Frame{}, buf, fmt.Errorf("decompress its payload: %w", err)
	}
	if n != f.raw || n > maxRaw {
		return Frame{}, buf, fmt.Errorf("its payload decompresses to %d bytes instead of %d", n, f.raw)
	}
	if f.Data, err = s2.Decode(buf[:cap(buf)], f.Data); err != nil {
		return Frame{}, buf, fmt.Errorf("decompress its payload: %w", err)
	}
	return f, f.Data, nil
}

// maxRaw bounds the data of a frame, bytes; Fluent Bit's chunks have some
// megabytes.
const maxRaw = 1 << 30

// parseFrameHead parses all of a frame but its payload: Data is as it is there, in a codec.
func parseFrameHead(b []byte) (f Frame, codec byte, err error) {
	body := b[framePrefix:]
	if binary.LittleEndian.Uint32(b[8:]) != crc32.Checksum(body, castagnoli) {
		return Frame{}, 0, errCRC
	}
	f = Frame{
		Hash: binary.LittleEndian.Uint64(body),
		Time: time.Unix(0, int64(binary.LittleEndian.Uint64(body[8:]))),
		raw:  int(binary.LittleEndian.Uint32(body[16:])),
	}
	tag := int(binary.LittleEndian.Uint16(body[21:]))
	if frameFixed+tag > len(body) {
		return Frame{}, 0, errors.New("its tag is longer than the frame")
	}
	f.Tag = string(body[frameFixed : frameFixed+tag])
	f.Data = body[frameFixed+tag:]
	codec = body[20]
	if codec&partFlag == 0 {
		return f, codec, nil
	}
	if len(f.Data) < partSize {
		return Frame{}, 0, errors.New("it is too short for a part of a chunk")
	}
	f.part, f.Data = parsePart(f.Data), f.Data[partSize:]
	return f, codec &^ partFlag, nil
}

// contentHash returns the hash of a frame.
func contentHash(data []byte) uint64 { return xxhash.Sum64(data) }
