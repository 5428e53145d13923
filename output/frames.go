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

// writeFrame encodes the records of a frame; what is wrong with it goes to found.
func writeFrame(w *encode.Writer, f spool.Frame, found *problems) error {
	for d := record.NewDecoder(f.Data); ; {
		err := writeNext(w, d)
		switch {
		case err == io.EOF:
			return nil
		case err == nil:
		case invalid(err) || errors.Is(err, encode.ErrTooDeep):
			found.add("%s: %v", writerOf(f), err)
		case errors.Is(err, record.ErrTruncated) || errors.Is(err, record.ErrReserved):
			found.add("%s: %v", writerOf(f), err)
			return nil
		default:
			return err
		}
	}
}

// writeNext encodes the next event of a chunk.
func writeNext(w *encode.Writer, d *record.Decoder) error {
	ev, err := d.Head()
	if err != nil {
		return err
	}
	n, err := w.Write(ev)
	if err != nil {
		return cmp.Or(d.Pass(), err)
	}
	d.Past(n)
	return nil
}

// writerOf says where a chunk comes from.
func writerOf(f spool.Frame) string {
	return fmt.Sprintf("chunk with tag %q that Fluent Bit has handed over at %s", f.Tag, f.Time.UTC().Format(time.RFC3339Nano))
}

// invalid tells of an object that is no log event, behind which the next may be.
func invalid(err error) bool {
	var e *record.InvalidError
	return errors.As(err, &e)
}

// problems are what could not be shipped of a segment.
type problems struct {
	count int
	first []string
}

// maxProblems are listed one by one.
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
