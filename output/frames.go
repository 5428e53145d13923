package output

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"sluice/output/encode"
	"sluice/output/record"
	"sluice/spool"
)

// writeFrame encodes the records of a frame, and adds what is wrong with it to found. An
// error is the destination's.
func writeFrame(w encode.Encoder, f spool.Frame, found *problems) error {
	for d := record.NewDecoder(f.Data); ; {
		ev, readErr := d.NextHeader()
		if readErr == io.EOF { // of the chunk; one that an error of the destination wraps must not end it
			return nil
		}
		err := readErr
		if err == nil {
			err = writeEvent(w, d, ev)
		}
		switch {
		case err == nil:
		case isInvalid(err) || errors.Is(err, record.ErrTooDeep):
			found.add("%s: %v", describeChunk(f), err)
		case errors.Is(err, record.ErrTruncated) || errors.Is(err, record.ErrReserved):
			found.add("%s: %v", describeChunk(f), err)
			return nil
		default:
			return err
		}
	}
}

// writeEvent encodes the event that d has returned, and moves behind it.
func writeEvent(w encode.Encoder, d *record.Decoder, ev record.Event) error {
	n, err := w.Write(ev)
	if err != nil {
		return cmp.Or(d.SkipBody(), err)
	}
	d.Advance(n)
	return nil
}

// describeChunk returns where a chunk comes from.
func describeChunk(f spool.Frame) string {
	return fmt.Sprintf("chunk with tag %q, received at %s", f.Tag, f.Time.UTC().Format(time.RFC3339Nano))
}

// isInvalid reports whether err is about one object that is not a log event: the next may be one.
func isInvalid(err error) bool {
	var e *record.InvalidError
	return errors.As(err, &e)
}

// problems lists what could not be shipped of a segment.
type problems struct {
	count int
	first []string
}

// maxProblems is how many problems are listed; further ones are only counted.
const maxProblems = 10

func (p *problems) add(format string, args ...any) {
	p.count++
	if len(p.first) < maxProblems {
		p.first = append(p.first, fmt.Sprintf(format, args...))
	}
}

func (p *problems) String() string {
	text := strings.Join(p.first, "; ")
	if more := p.count - len(p.first); more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}
