package output

import (
	"io"

	"sluice/internal/contain"
	"sluice/output/encode"
	"sluice/spool"
)

// encodeAgain encodes a sealed segment once more, as it is read. It gives the same bytes.
func (o *Output) encodeAgain(seg *spool.Segment, encoding encode.Options) (io.ReadCloser, error) {
	frames, err := seg.Open()
	if err != nil {
		return nil, &spoolError{err}
	}
	body, to := io.Pipe()
	encoder, err := o.pool.Get(yieldingWriter{to, o.cores}, encoding)
	if err != nil {
		_ = frames.Close() // was only read
		return nil, err
	}
	go func() {
		err := contain.Do(func() error { return o.writeAll(frames, encoder, encoding) })
		_ = frames.Close()
		to.CloseWithError(err) // io.EOF if it is nil
	}()
	return body, nil
}

// writeAll encodes all frames of a reader. What cannot be read was recorded the first time.
func (o *Output) writeAll(frames *spool.Reader, encoder encode.Encoder, encoding encode.Options) error {
	o.cores.Acquire()
	defer o.cores.Release()
	var ignored problems
	if _, err := readFrames(frames, func(f spool.Frame) error { return writeFrame(encoder, f, &ignored) }); err != nil {
		return err
	}
	if err := encoder.Close(); err != nil {
		return err
	}
	o.pool.Put(encoder, encoding)
	return nil
}

// yieldingWriter releases its core while a write waits for the reader.
type yieldingWriter struct {
	io.Writer
	cores *semaphore
}

func (w yieldingWriter) Write(p []byte) (n int, err error) {
	w.cores.yield(func() { n, err = w.Writer.Write(p) })
	return n, err
}
