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
	writer, err := o.writers.Get(yieldingWriter{to, o.encoders}, encoding)
	if err != nil {
		_ = frames.Close() // was only read
		return nil, err
	}
	go func() {
		err := contain.Do(func() error { return o.writeAll(frames, writer) })
		_ = frames.Close()
		to.CloseWithError(err) // io.EOF if it is nil
	}()
	return body, nil
}

// writeAll encodes all frames of a reader. What cannot be read was recorded the first time.
func (o *Output) writeAll(frames *spool.Reader, writer *encode.Writer) error {
	o.encoders.Acquire()
	defer o.encoders.Release()
	var ignored problems
	if _, err := readFrames(frames, func(f spool.Frame) error { return writeFrame(writer, f, &ignored) }); err != nil {
		return err
	}
	if err := writer.Close(); err != nil {
		return err
	}
	o.writers.Put(writer)
	return nil
}

// yieldingWriter releases its core while a write waits for the reader.
type yieldingWriter struct {
	io.Writer
	encoders *semaphore
}

func (w yieldingWriter) Write(p []byte) (n int, err error) {
	w.encoders.yield(func() { n, err = w.Writer.Write(p) })
	return n, err
}
