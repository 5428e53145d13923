package differential

import "strings"

// keyed is a record for log_key "log": mostly with that key, whose value is mostly a string.
func (g *generator) keyed() Record {
	g.p, g.allowed = packer{}, 0
	g.p.array(2, 0)
	g.p.eventTime(1_700_000_000, 0)
	g.p.object(4, 0)
	g.p.str("padding", 0) // the C output has room for a quarter more than the chunk's size, and forgets what needs more
	g.p.str(strings.Repeat("-", 400), 0)
	g.p.str("logs", 0)
	g.p.null()
	for range 2 {
		if g.chance(10) {
			g.p.str("lo", 0)
		} else {
			g.p.str("log", 0)
		}
		g.logValue()
	}
	return g.done(1)
}

func (g *generator) logValue() {
	switch g.r.IntN(8) {
	case 0:
		g.p.bin(strings.ReplaceAll(g.text(), "\x00", ""), 0)
	case 1:
		g.p.int(g.integer(), g.width())
	case 2:
		g.p.float64(g.float())
	case 3:
		g.objectOf(g.r.IntN(3), 1)
	default:
		g.p.str(strings.ReplaceAll(g.text(), "\x00", ""), 0)
	}
}

// keyed is a stream for log_key: its values are written as they are, so they have no feature, and no
// NUL, at which the C output ends the chunk's text.
func keyed(seed uint64, count int) stream {
	g := newGenerator(seed)
	s := stream{tag: "keyed"}
	for range count {
		s.packed = append(s.packed, g.keyed())
	}
	return s
}
