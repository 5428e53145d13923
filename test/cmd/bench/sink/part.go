package sink

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// part is a part of an object, or a whole one.
type part struct {
	size int64
	etag string
	body []byte // nil for plain text, of which there is
	text *piece
}

// read reads a request's body.
func (s *Sink) read(r *http.Request) (*part, error) {
	s.mu.Lock()
	plain := s.codec == "none"
	s.mu.Unlock()
	buf := bytes.NewBuffer(s.buffer(r.ContentLength))
	if _, err := buf.ReadFrom(io.LimitReader(r.Body, r.ContentLength)); err != nil {
		return nil, err
	}
	p := &part{size: int64(buf.Len()), body: buf.Bytes()}
	if p.size != r.ContentLength {
		return nil, io.ErrUnexpectedEOF
	}
	p.etag = fmt.Sprintf("%p-%d", p, p.size) // any text serves that no other part has
	if plain {
		p.text = newPiece(p.body)
		s.giveBack(p.body)
		p.body = nil
	}
	return p, nil
}

// buffer returns an empty buffer with room for size bytes, and for the last read that finds nothing.
func (s *Sink) buffer(size int64) []byte {
	if b, ok := s.free.Get().(*[]byte); ok && int64(cap(*b)) >= size+bytes.MinRead {
		return (*b)[:0]
	}
	return make([]byte, 0, size+bytes.MinRead)
}

func (s *Sink) giveBack(b []byte) {
	if b != nil {
		s.free.Put(&b)
	}
}
