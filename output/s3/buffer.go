package s3

import "sync"

// smallBuffer is how many bytes an object may have before it gets a buffer for a whole
// part: with many tags most objects are small.
const smallBuffer = 256 << 10

// buffers is a pool: a new buffer for each object would be megabytes of garbage. It is safe
// for concurrent use.
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

// put returns a buffer to the pool, if it is one of its size.
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

// putBuffer returns a buffer whose requests were all answered to its pool. A failed
// request's buffer must not be returned: a connection may still be reading it.
func (s *Store) putBuffer(buf []byte) {
	s.small.put(buf)
	s.whole.put(buf)
}
