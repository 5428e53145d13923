package spool

import (
	"cmp"
	"errors"
	"sync"
	"sync/atomic"
)

// Part is what a divided chunk has for one stream.
type Part struct {
	Stream string
	Data   [][]byte               // its bytes in pieces, not kept
	Meta   func() ([]byte, error) // as for Append
}

// AppendParts makes a divided chunk durable in the active segments of its streams: all of its
// parts, or none. There is at least one, and one of each stream. It returns the segments in
// the order of the parts. A repetition is recognised by the whole chunk and stream, whatever
// the parts are. The errors are those of Append.
func (s *Spool) AppendParts(stream string, c Chunk, parts []Part) ([]*Segment, error) {
	s.dividing.Lock()
	defer s.dividing.Unlock()
	f := Frame{Tag: c.Tag, Time: s.opts.Now(), Hash: contentHash(c.Data), raw: len(c.Data)}
	if duplicate, err := s.dedup.isDuplicate(stream, f); duplicate || err != nil {
		return nil, cmp.Or(err, ErrDuplicate)
	}
	segments, err := s.putParts(stream, f, parts)
	if err != nil {
		s.dedup.delay()
		return nil, err
	}
	s.dedup.record(nameOf(stream, f), f.Time, segments[0].ID)
	return segments, nil
}

// putParts makes the parts' frames durable, and then the chunk's number; before that they
// cannot be read. If that fails, it takes back what it wrote.
func (s *Spool) putParts(stream string, whole Frame, parts []Part) ([]*Segment, error) {
	if err := s.cutBroken(); err != nil {
		return nil, err
	}
	staged := make([]stagedPart, len(parts))
	defer releaseAll(staged)
	number := uint64(0)
	if len(parts) > 1 {
		var err error
		if number, err = s.commits.next(whole.Time); err != nil {
			return nil, err
		}
	}
	for i := range staged {
		p := part{chunk: number}
		if i == 0 {
			p.whole = nameOf(stream, whole)
		}
		staged[i].encode(whole, p, parts[i].Data, s.opts.Compress)
	}
	err := s.stage(parts, staged, number)
	segments := make([]*Segment, len(staged))
	for i, p := range staged {
		segments[i] = p.segment
		if err != nil && p.segment != nil {
			s.unreserve(p.segment, p.writer.size())
			err = errors.Join(err, s.sealBroken(p.segment))
		}
	}
	return segments, err
}

// stage writes the frames, commits the chunk, and makes them readable. No segment is sealed
// meanwhile.
func (s *Spool) stage(parts []Part, staged []stagedPart, number uint64) error {
	s.sealing.Lock()
	defer s.sealing.Unlock()
	if err := s.assignAll(parts, staged); err != nil {
		return err
	}
	err := s.writeAll(staged)
	if err == nil && number > 0 {
		err = s.commits.commit(number)
	}
	for i := range staged {
		if err != nil {
			err = cmp.Or(err, staged[i].segment.takeBack(staged[i].before))
			continue
		}
		staged[i].segment.advance()
	}
	return err
}

// assignAll finds the segment of each part, and opens those that are missing.
func (s *Spool) assignAll(parts []Part, staged []stagedPart) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var total int64
	for i := range staged {
		total += staged[i].writer.size()
	}
	if err := s.hasRoom(total); err != nil {
		return err
	}
	for i := range staged {
		var err error
		staged[i].segment, err = s.assign(parts[i].Stream, staged[i].writer.size(), divided, parts[i].Meta)
		if err != nil {
			return err
		}
	}
	return nil
}

// writeAll writes the frames, some at a time. It returns the first error.
func (s *Spool) writeAll(staged []stagedPart) error {
	var next, failed atomic.Int64
	errs := make([]error, len(staged))
	work := func() {
		for failed.Load() == 0 {
			i := int(next.Add(1)) - 1
			if i >= len(staged) {
				return
			}
			if errs[i] = staged[i].write(); errs[i] != nil {
				failed.Add(1)
			}
		}
	}
	var workers sync.WaitGroup
	for range min(s.opts.Syncs, len(staged)) - 1 {
		workers.Go(work)
	}
	work()
	workers.Wait()
	return cmp.Or(errs...)
}

// stagedPart is a part's frame on its way into a segment.
type stagedPart struct {
	frame   Frame
	writer  *frameWriter
	segment *Segment
	before  mark // where the segment ended, if the frame was written
}

func (p *stagedPart) encode(whole Frame, of part, data [][]byte, compress bool) {
	p.frame = whole
	p.frame.part, p.frame.raw = &of, 0
	for _, piece := range data {
		p.frame.raw += len(piece)
	}
	p.writer = framePool.Get().(*frameWriter)
	p.writer.encode(p.frame, compress, data...)
}

func (p *stagedPart) write() (err error) {
	p.before, err = p.segment.stage(p.writer, p.frame)
	return err
}

func releaseAll(staged []stagedPart) {
	for _, p := range staged {
		if p.writer != nil {
			p.writer.release()
		}
	}
}

// mark is an end that a segment had. The zero mark is none.
type mark struct {
	size int64
	sum  summary
}

// stage makes a frame durable behind the last one, but not readable: advance or takeBack must
// follow, and nothing else is appended meanwhile.
func (g *Segment) stage(w *frameWriter, f Frame) (before mark, err error) {
	file, err := g.acquire()
	if err != nil {
		return before, err
	}
	defer g.files.release(g)
	g.mu.Lock()
	at := mark{g.size, g.sum}
	g.mu.Unlock()
	if _, err := g.write(file, w, f); err != nil {
		return before, err
	}
	g.syncing.Lock()
	defer g.syncing.Unlock()
	return at, g.persistOrEnd(file)
}

// advance makes what was staged readable.
func (g *Segment) advance() {
	g.syncing.Lock()
	defer g.syncing.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.synced = g.size
}

// takeBack cuts off what was staged behind a mark. If that cannot be made durable, the segment
// ends there.
func (g *Segment) takeBack(to mark) error {
	if to.size == 0 {
		return nil // nothing was staged
	}
	g.mu.Lock()
	ended := g.err != nil
	if !ended {
		g.size, g.sum, g.uncut = to.size, to.sum, true
	}
	g.mu.Unlock()
	if ended { // when it was staged, and was cut off
		return nil
	}
	if err := g.cut(); err != nil {
		return g.end(err)
	}
	return nil
}
