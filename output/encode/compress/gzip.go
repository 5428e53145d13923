package compress

import (
	"encoding/binary"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/flate"
	"sluice/internal/contain"
)

// A gzip stream is compressed in blocks of text. They do not depend on each other, although
// each knows the text before it as far back as a match may look: any of them may be
// compressed on another core, and the stream has the same bytes.
const (
	gzipBlockSize  = 1 << 20
	gzipWindow     = 32 << 10
	gzipMaxPending = 16 // blocks that wait for one before them to be compressed
)

// gzipHeader is a header with method deflate, no name, no time, unknown system.
const gzipHeader = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

// gzipSink writes a gzip stream (RFC 1952) of one member.
type gzipSink struct {
	dst   io.Writer
	level int
	cores Cores // may be nil

	block *gzipBlock   // being filled
	sent  []*gzipBlock // earlier ones, in order, not yet written to dst
	idle  []*gzipBlock
	sum   uint32 // CRC-32 of the text
	size  uint32 // its length, modulo 2³²
}

// gzipBlock is a block of the text.
type gzipBlock struct {
	flate *flate.Writer
	dict  []byte // the text before it
	text  []byte
	last  bool
	out   []byte
	done  chan error // receives one value when out is complete
}

// Write receives the compressed text.
func (b *gzipBlock) Write(p []byte) (int, error) {
	b.out = append(b.out, p...)
	return len(p), nil
}

func newGzipSink(dst io.Writer, level int, cores Cores) (*gzipSink, error) {
	s := &gzipSink{level: level, cores: cores}
	var err error
	if s.block, err = s.newBlock(); err != nil {
		return nil, err
	}
	s.Reset(dst)
	return s, nil
}

func (s *gzipSink) newBlock() (*gzipBlock, error) {
	if last := len(s.idle) - 1; last >= 0 {
		b := s.idle[last]
		s.idle = s.idle[:last]
		return b, nil
	}
	w, err := flate.NewWriter(nil, s.level)
	return &gzipBlock{flate: w, done: make(chan error, 1)}, err
}

// Reset begins a new stream.
func (s *gzipSink) Reset(dst io.Writer) {
	s.dst, s.sum, s.size = dst, 0, 0
	s.block.begin(nil)
	s.block.out = append(s.block.out, gzipHeader...)
}

// begin empties a block. Its text will follow before.
func (b *gzipBlock) begin(before []byte) {
	b.dict = append(b.dict[:0], before[max(0, len(before)-gzipWindow):]...)
	b.text, b.out, b.last = b.text[:0], b.out[:0], false
}

func (s *gzipSink) Write(p []byte) (n int, err error) {
	s.sum, s.size = crc32.Update(s.sum, crc32.IEEETable, p), s.size+uint32(len(p))
	for n < len(p) {
		k := min(len(p)-n, gzipBlockSize-len(s.block.text))
		s.block.text = append(s.block.text, p[n:n+k]...)
		n += k
		if len(s.block.text) == gzipBlockSize {
			if err := s.next(); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

func (s *gzipSink) Buffered() int { return len(s.sent)*gzipBlockSize + len(s.block.text) }

// next compresses the full block, on another core if one is free, and goes on with an empty
// one.
func (s *gzipSink) next() error {
	full := s.block
	s.sent = append(s.sent, full)
	if s.cores != nil && s.cores.TryAcquire() {
		go func() {
			defer s.cores.Release()
			full.compress()
		}()
	} else {
		full.compress()
	}
	if err := s.drain(gzipMaxPending); err != nil {
		return err
	}
	var err error
	if s.block, err = s.newBlock(); err != nil {
		return err
	}
	s.block.begin(full.text)
	return nil
}

// Close writes the rest.
func (s *gzipSink) Close() error {
	s.block.last = true
	s.sent = append(s.sent, s.block)
	s.block.compress()
	if err := s.drain(0); err != nil {
		return err
	}
	s.block, s.idle = s.idle[0], nil // the others were for other cores
	var end [8]byte
	binary.LittleEndian.PutUint32(end[:], s.sum)
	binary.LittleEndian.PutUint32(end[4:], s.size)
	_, err := s.dst.Write(end[:])
	return err
}

// drain writes compressed blocks to the destination, in order. It waits for blocks while
// more than pending are outstanding.
func (s *gzipSink) drain(pending int) error {
	for len(s.sent) > 0 {
		first := s.sent[0]
		if len(s.sent) <= pending && len(first.done) == 0 {
			return nil
		}
		if err := <-first.done; err != nil {
			return err
		}
		if _, err := s.dst.Write(first.out); err != nil {
			return err
		}
		s.sent = s.sent[1:]
		s.idle = append(s.idle, first)
	}
	return nil
}

// compress fills out and reports to done.
func (b *gzipBlock) compress() { b.done <- contain.Do(b.deflate) }

func (b *gzipBlock) deflate() error {
	b.flate.ResetDict(b, b.dict)
	if _, err := b.flate.Write(b.text); err != nil {
		return err
	}
	if b.last {
		return b.flate.Close()
	}
	return b.flate.Flush()
}
