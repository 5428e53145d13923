package s3

import (
	"errors"
	"io"
)

// replay is the body of a whole object that is not kept: it is made again whenever a
// request reads it from its start. It belongs to one goroutine.
type replay struct {
	open func() (io.ReadCloser, error)
	size int64

	body io.ReadCloser // nil until it is read
	read int64         // of body
	at   int64         // where the next Read is to begin
}

// Read reads on from where the last Seek or Read has ended.
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

var errShortReplay = errors.New("what was encoded again is shorter than before")

// forward has body stand at the next byte to be read.
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

// Seek goes to any place; only reading there costs anything.
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

// Close ends reading; a Read begins again.
func (r *replay) Close() error {
	if r.body == nil {
		return nil
	}
	body := r.body
	r.body = nil
	return body.Close()
}
