package compress

import (
	"io"

	"github.com/klauspost/compress/zstd"
)

// zstdWindows are how many bytes back a zstd stream may look; they bound its memory and that
// of its reader. Which one gives the smaller stream depends on the logs: where only the
// form of the lines repeats, matches far back replace better ones nearby (5 % of the size
// of a web shop's JSON lines); where whole lines repeat, they make it small (15 % of build
// logs).
var zstdWindows = [...]int{32 << 10, 512 << 10}

// zstdSample is how many bytes of text decide. It is a multiple of the block size of either
// window, so that all of it has become output.
const zstdSample = 256 << 10

// zstdSink writes a zstd stream with the window that suits its beginning.
type zstdSink struct {
	dst    io.Writer
	all    [len(zstdWindows)]zstdStream
	chosen *zstdStream // nil while all are tried
	left   int         // of the sample
}

// zstdStream keeps its output while it has no destination.
type zstdStream struct {
	*zstd.Encoder
	held []byte
	dst  io.Writer
}

func newZstdSink(dst io.Writer, level int) (*zstdSink, error) {
	s := new(zstdSink)
	for i, window := range zstdWindows {
		var err error
		s.all[i].Encoder, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.EncoderLevelFromZstd(level)),
			zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(window), zstd.WithLowerEncoderMem(true))
		if err != nil {
			return nil, err
		}
	}
	s.Reset(dst)
	return s, nil
}

func (s *zstdSink) Reset(dst io.Writer) {
	s.dst, s.chosen, s.left = dst, nil, zstdSample
	for i := range s.all {
		one := &s.all[i]
		one.held, one.dst = one.held[:0], nil
		one.Encoder.Reset(zstdOutput{one})
	}
}

func (s *zstdSink) Write(p []byte) (n int, err error) {
	if s.chosen == nil {
		n = min(len(p), s.left)
		s.left -= n
		if err := s.try(p[:n]); err != nil || s.left > 0 {
			return n, err
		}
		if err := s.choose(); err != nil {
			return n, err
		}
	}
	more, err := s.chosen.Write(p[n:])
	return n + more, err
}

func (s *zstdSink) Buffered() int {
	if s.chosen == nil {
		return zstdSample - s.left
	}
	return 0
}

// try writes a part of the sample to all streams.
func (s *zstdSink) try(p []byte) error {
	for i := range s.all {
		if _, err := s.all[i].Write(p); err != nil {
			return err
		}
	}
	return nil
}

// choose goes on with the smallest stream.
func (s *zstdSink) choose() error {
	s.chosen = &s.all[0]
	for i := range s.all {
		if len(s.all[i].held) < len(s.chosen.held) {
			s.chosen = &s.all[i]
		}
	}
	s.chosen.dst = s.dst
	_, err := s.dst.Write(s.chosen.held)
	return err
}

func (s *zstdSink) Close() error {
	if s.chosen != nil {
		return s.chosen.Close()
	}
	for i := range s.all {
		if err := s.all[i].Close(); err != nil {
			return err
		}
	}
	return s.choose()
}

// zstdOutput is the destination of an encoder.
type zstdOutput struct{ *zstdStream }

func (o zstdOutput) Write(p []byte) (int, error) {
	if o.dst != nil {
		return o.dst.Write(p)
	}
	o.held = append(o.held, p...)
	return len(p), nil
}
