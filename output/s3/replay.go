package s3

import (
	"errors"
	"io"
)

// replay is a body that is not kept in memory: it is produced again whenever a request
// reads it from the start. It must not be used by several goroutines at once.
type replay struct {
	open func() (io.ReadCloser, error)
	size int64

	body io.ReadCloser // nil until the first Read
	read int64         // bytes of body that were read
	at   int64         // offset of the next Read
}

// Read reads from where the last Seek or Read ended.
func (r *replay) Read(b []byte) (n int, err error) {
	if r.at >= r.size {
		return 0, io.EOF
	}
	if err := r.forward(); err != nil {
		return 0, err
	}
	n, err = r.body.Read(b[:min(int64(len(b)), r.size-r.at)])
	r.read += int64(n)
	r.at = r.read
	if err == io.EOF && r.at < r.size {
		err = errShortReplay
	}
	return n, err
}

var errShortReplay = errors.New("the object encoded again is shorter than before")

// forward moves body to the next byte to be read.
func (r *replay) forward() (err error) {
	if r.body != nil && r.read > r.at {
		if err := r.Close(); err != nil {
			return err
		}
	}
	if r.body == nil {
		if r.body, err = r.open(); err != nil {
			return err
		}
		r.read = 0
	}
	n, err := io.CopyN(io.Discard, r.body, r.at-r.read)
	r.read += n
	return err
}

// Seek sets the offset of the next Read. It costs nothing by itself.
func (r *replay) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return r.at, errors.New("seek before the start of an object")
	}
	r.at = offset
	return offset, nil
}

// Close closes the body. A later Read opens it again.
func (r *replay) Close() error {
	if r.body == nil {
		return nil
	}
	body := r.body
	r.body = nil
	return body.Close()
}
