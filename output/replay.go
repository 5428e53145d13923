package output

import (
	"io"

	"sluice/internal/contain"
	"sluice/output/encode"
	"sluice/spool"
)

// encodeAgain returns the bytes of a sealed segment's object a second time. They are
// encoded as they are read.
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

// writeAll encodes what a reader has. What cannot be read was noted the first time.
func (o *Output) writeAll(frames *spool.Reader, writer *encode.Writer) error {
	o.encoders.Enter()
	defer o.encoders.Leave()
	var noted problems
	if _, err := readFrames(frames, func(f spool.Frame) error { return writeFrame(writer, f, &noted) }); err != nil {
		return err
	}
	if err := writer.Close(); err != nil {
		return err
	}
	o.writers.Put(writer)
	return nil
}

// yieldingWriter gives its core to others while its writes wait for a reader.
type yieldingWriter struct {
	io.Writer
	encoders *slots
}

func (w yieldingWriter) Write(p []byte) (n int, err error) {
	w.encoders.without(func() { n, err = w.Writer.Write(p) })
	return n, err
}
