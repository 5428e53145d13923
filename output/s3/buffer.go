package s3

import "sync"

// smallBuffer is what an object may gather before it gets a buffer for a whole
// part, bytes: most objects of many tags are small.
const smallBuffer = 256 << 10

// buffers are used again and again: what is allocated anew for each object would
// be garbage by the megabyte. They are safe for concurrent use.
type buffers struct {
	size int64
	pool sync.Pool // of *[]byte
}

// get returns an empty buffer.
func (b *buffers) get() []byte {
	if again, ok := b.pool.Get().(*[]byte); ok {
		return (*again)[:0]
	}
	return make([]byte, 0, b.size)
}

// put takes a buffer back, if it is one of these.
func (b *buffers) put(buf []byte) {
	if int64(cap(buf)) == b.size {
		b.pool.Put(&buf)
	}
}

// grow makes room for n more bytes of a part.
func (s *Store) grow(buf []byte, n int) []byte {
	need := len(buf) + n
	switch {
	case need <= cap(buf):
		return buf
	case need <= smallBuffer:
		return append(s.small.get(), buf...)
	}
	whole := append(s.whole.get(), buf...)
	s.small.put(buf)
	return whole
}

// putBuffer takes a buffer that nobody reads any more: its requests were answered.
// One of a request that failed may still be on its way into a connection.
func (s *Store) putBuffer(buf []byte) {
	s.small.put(buf)
	s.whole.put(buf)
}
