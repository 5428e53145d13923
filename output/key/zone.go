package key

import (
	"fmt"
	"regexp"
	"time"
	_ "time/tzdata" // many hosts of Fluent Bit have no zone files

	"github.com/ncruces/go-strftime"
)

// gmt is UTC under its name in C, for %Z.
var gmt = time.FixedZone("GMT", 0)

// offset matches +0800, -03:30 and the like.
var offset = regexp.MustCompile(`^([+-])([01][0-9]|2[0-3]):?([0-5][0-9])$`)

// ParseZone returns a time zone by its IANA name or its offset from UTC. Its error follows the
// value in a sentence.
func ParseZone(text string) (*time.Location, error) {
	if text == "" || text == "UTC" || text == "GMT" {
		return gmt, nil
	}
	if m := offset.FindStringSubmatch(text); m != nil {
		d, err := time.ParseDuration(m[1] + m[2] + "h" + m[3] + "m")
		return time.FixedZone(text, int(d/time.Second)), err
	}
	zone, err := time.LoadLocation(text)
	if err != nil || zone == time.Local {
		return nil, fmt.Errorf("is not a known time zone: write an IANA name such as Europe/Berlin, or an offset " +
			"such as +0800")
	}
	return zone, nil
}

// Window is a span of time in which a format's time conversions show the same.
type Window struct {
	First time.Time // the time that was asked about
	Text  string    // what they show
}

// Windows finds windows and remembers the last ones. It must not be used by several goroutines
// at once.
type Windows struct {
	template *Template
	step     int64             // s; windows begin and end at multiples of it, unless the zone's offset is none
	known    map[int64]*Window // by the number of the step
	current  *Window           // the one found last, of the step last
	last     int64
}

// maxWindows bounds how many windows are remembered.
const maxWindows = 4096

// Windows returns a finder for the template's time conversions.
func (t *Template) Windows() *Windows {
	w := &Windows{template: t, step: quarter}
	for _, p := range t.pieces {
		if p.kind == conversion {
			w.step = min(w.step, step(p.text[len(p.text)-1]))
		}
	}
	return w
}

// quarter of an hour: the offsets of all zones since 1972 are multiples of it, and so are the
// times at which they change.
const quarter = 15 * 60

// step returns how many seconds a conversion shows the same at least, at most a quarter.
func step(letter byte) int64 {
	switch letter {
	case 's', 'S', 'T', 'r', 'c', 'X':
		return 1
	case 'M', 'R':
		return 60
	}
	return quarter
}

// Of returns the window of a time.
func (w *Windows) Of(at time.Time) *Window {
	n := floorDiv(at.Unix(), w.step)
	if w.current != nil && n == w.last {
		return w.current
	}
	found := w.known[n]
	if found == nil {
		found = &Window{First: at, Text: w.template.times(at)}
		if !w.isEven(n) {
			return found
		}
		if w.known == nil || len(w.known) >= maxWindows {
			w.known = map[int64]*Window{}
		}
		w.known[n] = found
	}
	w.last, w.current = n, found
	return found
}

// isEven reports whether the zone's offset is the same in all of a step, and a multiple of it.
func (w *Windows) isEven(n int64) bool {
	offset := func(sec int64) int64 {
		_, o := time.Unix(sec, 0).In(w.template.opts.Zone).Zone()
		return int64(o)
	}
	begin := offset(n * w.step)
	return begin == offset((n+1)*w.step-1) && begin%w.step == 0
}

// times returns what the time conversions show, with something between them.
func (t *Template) times(at time.Time) string {
	at = at.In(t.opts.Zone)
	var b []byte
	for _, p := range t.pieces {
		if p.kind == conversion {
			b = append(strftime.AppendFormat(b, p.text, at), 0)
		}
	}
	return string(b)
}

func floorDiv(a, b int64) int64 {
	if n := a / b; a%b >= 0 {
		return n
	}
	return a/b - 1
}
