package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"

	"sluice/test/testenv"
)

// source writes lines much faster than testenv.Lines makes them: it makes some and gives them other ids.
type source struct {
	testenv.Lines // Count grows as they are written
	patterns      [][]byte
	file          *os.File
}

const patterns = 1000 // more than a codec looks back

func newSource(lines testenv.Lines, dir string) (*source, error) {
	s := &source{Lines: lines}
	var b bytes.Buffer
	for n := range patterns {
		b.Reset()
		if err := lines.Write(&b, n, n+1); err != nil {
			return nil, err
		}
		s.patterns = append(s.patterns, bytes.Clone(b.Bytes()))
	}
	var err error
	s.file, err = os.Create(lines.File(dir))
	return s, err
}

// fill appends lines until it has written so many bytes.
func (s *source) fill(size int64) error {
	w := bufio.NewWriterSize(s.file, 1<<20)
	for size > 0 {
		n, err := s.line(w)
		if err != nil {
			return err
		}
		size -= int64(n)
	}
	return w.Flush()
}

func (s *source) line(w io.Writer) (int, error) {
	line := s.patterns[s.Count%patterns]
	_, id, _ := bytes.Cut(line, []byte(s.Mark))
	copy(id, fmt.Appendf(nil, "%09d", s.Count)) // in place
	s.Count++
	return w.Write(line)
}
