package s3

import (
	"bytes"
	"testing"
)

// TestBuffers has an object outgrow a small buffer, and both kinds come back empty.
func TestBuffers(t *testing.T) {
	s := &Store{small: buffers{size: smallBuffer}, whole: buffers{size: MinPartSize}}
	piece := bytes.Repeat([]byte("0123456789abcdef"), smallBuffer/32)
	for range 2 {
		var buf, want []byte
		for n, size := range []int{smallBuffer, smallBuffer, MinPartSize} {
			buf = append(s.grow(buf, len(piece)), piece...)
			want = append(want, piece...)
			if cap(buf) != size || !bytes.Equal(buf, want) {
				t.Errorf("%d pieces: a buffer of %d bytes, want %d; as they were written: %t", n+1, cap(buf), size,
					bytes.Equal(buf, want))
			}
		}
		s.putBuffer(buf)
	}
}
