package sink

import (
	"bytes"
	"strconv"
)

// mark opens a line's id (stack.Orders): nine digits follow.
const mark = "ord-"

const (
	digits = 9
	noID   = -1
)

// lineID finds the id in a line.
func lineID(line []byte) int {
	_, rest, found := bytes.Cut(line, []byte(mark))
	if !found || len(rest) < digits {
		return noID
	}
	n, err := strconv.Atoi(string(rest[:digits]))
	if err != nil {
		return noID
	}
	return n
}

// lines takes text in pieces and calls each for every line's id.
type lines struct {
	each func(id int)
	rest []byte // of a line that goes on
}

func (l *lines) Write(p []byte) (int, error) {
	n := len(p)
	if len(l.rest) > 0 {
		end := bytes.IndexByte(p, '\n') + 1
		if end == 0 {
			end = len(p)
		}
		l.rest = append(l.rest, p[:end]...)
		p = p[end:]
		if l.rest[len(l.rest)-1] != '\n' {
			return n, nil
		}
		l.each(lineID(l.rest))
		l.rest = l.rest[:0]
	}
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n') + 1
		if end == 0 {
			l.rest = append(l.rest, p...)
			break
		}
		l.each(lineID(p[:end]))
		p = p[end:]
	}
	return n, nil
}

// close ends the last line.
func (l *lines) close() {
	if len(l.rest) > 0 {
		l.each(lineID(l.rest))
		l.rest = nil
	}
}

// piece is what is kept of a piece of text: its ends, whose lines may begin and end in the neighbouring
// pieces, and the ids of the lines between.
type piece struct {
	head, tail []byte
	ids        []int32
}

func newPiece(text []byte) *piece {
	first, last := bytes.IndexByte(text, '\n')+1, bytes.LastIndexByte(text, '\n')+1
	if first == 0 {
		return &piece{head: bytes.Clone(text)}
	}
	p := &piece{head: bytes.Clone(text[:first]), tail: bytes.Clone(text[last:])}
	l := lines{each: func(id int) { p.ids = append(p.ids, int32(id)) }}
	_, _ = l.Write(text[first:last]) // whole lines
	return p
}

// tell passes a piece on as if it were its text.
func (p *piece) tell(l *lines) {
	_, _ = l.Write(p.head)
	for _, id := range p.ids {
		l.each(int(id))
	}
	_, _ = l.Write(p.tail)
}
