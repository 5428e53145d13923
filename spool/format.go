package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/s2"
)

// A segment file, all numbers little-endian:
//
//	segment  = header frame*
//	header   = "SLUICE" 0x00 version | size u32 | crc u32 | stream u32 | stream… meta…
//	frame    = "SLFR" | size u32 | crc u32 | hash u64 | time i64 | raw u32 | codec u8 | tag u16 | tag… payload…
//
// size counts what follows the crc, and crc (CRC-32C) covers it. hash is the
// xxHash64 of the uncompressed data, time its arrival in nanoseconds since 1970,
// raw its length; stream and tag are preceded by their lengths. The marker of a frame is there to
// find the next one behind a damage.
const (
	version     = 1
	magic       = "SLUICE\x00" + string(rune(version))
	headerFixed = len(magic) + 8
	frameMarker = "SLFR"
	framePrefix = len(frameMarker) + 8
	frameFixed  = 8 + 8 + 4 + 1 + 2
	maxTag      = 1<<16 - 1
)

// codecs of a frame's payload
const (
	codecRaw = 0
	codecS2  = 1
)

// Errors of the reader.
var (
	errTorn = errors.New("incomplete")
	errCRC  = errors.New("checksum does not match")
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Frame is one chunk as Fluent Bit handed it over.
type Frame struct {
	Tag  string
	Time time.Time // when it arrived
	Hash uint64    // xxHash64 of Data
	Data []byte
}

// header is what a segment begins with.
type header struct {
	stream string
	meta   []byte
}

func appendHeader(dst []byte, h header) []byte {
	start := len(dst)
	dst = append(dst, magic...)
	dst = append(dst, make([]byte, 8)...) // size and crc
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(h.stream)))
	dst = append(dst, h.stream...)
	dst = append(dst, h.meta...)
	body := dst[start+headerFixed:]
	binary.LittleEndian.PutUint32(dst[start+len(magic):], uint32(len(body)))
	binary.LittleEndian.PutUint32(dst[start+len(magic)+4:], crc32.Checksum(body, castagnoli))
	return dst
}

// parseHeader reads a header and returns its length, too.
func parseHeader(b []byte) (h header, n int, err error) {
	if len(b) < headerFixed {
		return h, 0, fmt.Errorf("header: %w", errTorn)
	}
	if string(b[:len(magic)-1]) != magic[:len(magic)-1] {
		return h, 0, errors.New("header: not written by sluice")
	}
	if v := b[len(magic)-1]; v != version {
		return h, 0, fmt.Errorf("header: format version %d; this sluice reads version %d only: use the one that wrote it", v, version)
	}
	size := uint64(binary.LittleEndian.Uint32(b[len(magic):]))
	if size > uint64(len(b)-headerFixed) {
		return h, 0, fmt.Errorf("header: %w", errTorn)
	}
	body := b[headerFixed:][:size]
	if binary.LittleEndian.Uint32(b[len(magic)+4:]) != crc32.Checksum(body, castagnoli) {
		return h, 0, fmt.Errorf("header: %w", errCRC)
	}
	if size < 4 || uint64(binary.LittleEndian.Uint32(body)) > size-4 {
		return h, 0, errors.New("header: its stream is longer than the header")
	}
	stream := binary.LittleEndian.Uint32(body)
	return header{stream: string(body[4 : 4+stream]), meta: body[4+stream:]}, headerFixed + len(body), nil
}

// appendFrame appends a frame; its payload is compressed when that helps.
func appendFrame(dst []byte, f Frame) []byte {
	start := len(dst)
	dst = append(dst, frameMarker...)
	dst = append(dst, make([]byte, 8)...) // size and crc
	dst = binary.LittleEndian.AppendUint64(dst, f.Hash)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(f.Time.UnixNano()))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(f.Data)))
	codecAt := len(dst)
	dst = append(dst, codecRaw)
	f.Tag = f.Tag[:min(len(f.Tag), maxTag)]
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(f.Tag)))
	dst = append(dst, f.Tag...)
	if compressed, ok := appendS2(dst, f.Data); ok {
		dst = compressed
		dst[codecAt] = codecS2
	} else {
		dst = append(dst, f.Data...)
	}
	body := dst[start+framePrefix:]
	binary.LittleEndian.PutUint32(dst[start+4:], uint32(len(body)))
	binary.LittleEndian.PutUint32(dst[start+8:], crc32.Checksum(body, castagnoli))
	return dst
}

// appendS2 appends data compressed, or tells that it would not get smaller.
func appendS2(dst, data []byte) ([]byte, bool) {
	room := s2.MaxEncodedLen(len(data))
	if room < 0 {
		return dst, false
	}
	if cap(dst)-len(dst) < room {
		dst = append(make([]byte, 0, len(dst)+room), dst...)
	}
	block := s2.Encode(dst[len(dst):cap(dst)], data)
	return dst[:len(dst)+len(block)], len(block) < len(data)
}

// frameSize reads a frame's prefix and returns the length of the whole frame.
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

// parseFrame reads one whole frame. Data is a view of b, or of buf if it has to
// be decompressed; buf grows as needed and is returned for the next call.
func parseFrame(b, buf []byte) (f Frame, grown []byte, err error) {
	body := b[framePrefix:]
	if binary.LittleEndian.Uint32(b[8:]) != crc32.Checksum(body, castagnoli) {
		return Frame{}, buf, errCRC
	}
	f = Frame{
		Hash: binary.LittleEndian.Uint64(body),
		Time: time.Unix(0, int64(binary.LittleEndian.Uint64(body[8:]))),
	}
	raw, codec := int(binary.LittleEndian.Uint32(body[16:])), body[20]
	tag := int(binary.LittleEndian.Uint16(body[21:]))
	if frameFixed+tag > len(body) {
		return Frame{}, buf, errors.New("its tag is longer than the frame")
	}
	f.Tag = string(body[frameFixed : frameFixed+tag])
	payload := body[frameFixed+tag:]
	switch codec {
	case codecRaw:
		f.Data = payload
		return f, buf, nil
	case codecS2:
		if n, err := s2.DecodedLen(payload); err != nil || n != raw {
			return Frame{}, buf, fmt.Errorf("its payload decompresses to %d bytes instead of %d: %v", n, raw, err)
		}
		if f.Data, err = s2.Decode(buf[:cap(buf)], payload); err != nil {
			return Frame{}, buf, fmt.Errorf("decompress its payload: %w", err)
		}
		return f, f.Data, nil
	}
	return Frame{}, buf, fmt.Errorf("its codec %d is not known", codec)
}

// contentHash names the content of a chunk.
func contentHash(data []byte) uint64 { return xxhash.Sum64(data) }
