package s3

import "slices"

// smallBuffer is what an object may gather before it gets a buffer for a whole
// part, bytes: most objects of many tags are small.
const smallBuffer = 256 << 10

// grow makes room for n more bytes of a part. Buffers for whole parts are used
// again and again: what is allocated anew for each would be garbage by the
// megabyte.
func (s *Store) grow(buf []byte, n int) []byte {
	need := len(buf) + n
	if need <= cap(buf) {
		return buf
	}
	if need <= smallBuffer {
		return slices.Grow(buf, n)
	}
	whole, ok := s.buffers.Get().(*[]byte)
	if !ok {
		whole = new([]byte)
		*whole = make([]byte, 0, s.opts.PartSize)
	}
	return append((*whole)[:0], buf...)
}

// giveBack takes a buffer that nobody reads any more: its requests were answered.
// One of a request that failed may still be on its way into a connection.
func (s *Store) giveBack(buf []byte) {
	if int64(cap(buf)) == s.opts.PartSize {
		s.buffers.Put(&buf)
	}
}
