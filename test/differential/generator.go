package differential

import (
	"math"
	"math/rand/v2"
)

// generator makes records at random. The same seed makes the same records.
type generator struct {
	r       *rand.Rand
	p       packer
	allowed Feature // what this record may have
	narrow  bool    // times fit into an EventTime: the Forward mode takes no others
	number  int
}

func newGenerator(seed uint64) *generator {
	return &generator{r: rand.New(rand.NewPCG(seed, 1))}
}

// Records are count records of every kind, in order, and group markers among them.
func Records(seed uint64, count int) []Record {
	g := newGenerator(seed)
	records := Corners()
	for g.number < count {
		records = append(records, g.record())
		if g.r.IntN(50) == 0 {
			records = append(records, g.group()...)
		}
	}
	return records
}

// record is one event with a body; most have no feature, so that most are compared as they are.
func (g *generator) record() Record {
	g.allow()
	g.p.array(2, 0)
	if g.chance(70) {
		g.p.array(2, 0)
		g.time()
		g.metadata()
	} else {
		g.time() // the legacy form: [time, body]
	}
	g.body()
	g.number++
	return g.done(1)
}

// allow draws the features that a record may have.
func (g *generator) allow() {
	g.p = packer{}
	g.allowed = 0
	for _, f := range []Feature{NonFinite, Ext, OddKey, Delete, Truncated} {
		if g.chance(6) {
			g.allowed |= f
		}
	}
}

func (g *generator) done(lines int) Record {
	return Record{Bytes: g.p.bytes, Features: g.p.features, Lines: lines}
}

// group is a group as in_opentelemetry writes it: a start marker with metadata and attributes, records,
// and an end marker, which may be missing.
func (g *generator) group() []Record {
	g.allow()
	features := g.marker(math.MaxUint32, func() {
		g.objectOf(g.r.IntN(3), 1)
		g.objectOf(g.r.IntN(4), 2)
	})
	group := []Record{features}
	for range g.r.IntN(6) {
		r := g.record()
		r.Features |= features.Features // the attributes stand in every line
		group = append(group, r)
	}
	if g.chance(90) || features.Features != 0 {
		end := g.marker(math.MaxUint32-1, func() { g.p.object(0, 0); g.p.object(0, 0) })
		group = append(group, end)
	}
	return group
}

func (g *generator) marker(seconds uint32, content func()) Record {
	g.p = packer{}
	g.p.array(2, 0)
	g.p.array(2, 0)
	g.p.eventTime(seconds, 0)
	content()
	return g.done(0)
}

// time is an EventTime, an integer or a float. Fluent Bit does not take a float32 as a time.
func (g *generator) time() {
	seconds := uint32(1_600_000_000 + g.r.IntN(400_000_000))
	kinds := 9
	if g.narrow {
		kinds = 8
	}
	switch g.r.IntN(kinds) {
	case 8:
		g.p.uint(g.r.Uint64N(1<<34), 8)
	case 0:
		g.p.uint(uint64(seconds), 4)
	case 1:
		g.p.float64(float64(seconds) + g.r.Float64())
	case 3:
		g.p.eventTime(g.r.Uint32N(math.MaxUint32-1), uint32(g.r.IntN(1e9)))
	case 4:
		g.p.eventTime(seconds, uint32(g.r.IntN(2))*999_999_999)
	default:
		g.p.eventTime(seconds, uint32(g.r.IntN(1e9)))
	}
}

func (g *generator) metadata() {
	if g.chance(80) {
		g.p.object(0, 0)
		return
	}
	g.objectOf(1+g.r.IntN(3), 2)
}

func (g *generator) body() {
	size := g.r.IntN(9)
	if g.chance(2) {
		size = 16 + g.r.IntN(20)
	}
	g.objectOf(size, 3)
}

func (g *generator) objectOf(size, depth int) {
	g.p.object(size, g.width())
	for range size {
		g.key(depth)
		g.value(depth)
	}
}

func (g *generator) key(depth int) {
	switch {
	case g.may(OddKey) && g.chance(30):
		g.p.features |= OddKey
		g.anyKey(depth)
	case g.chance(3):
		g.p.bin(g.word(), g.width())
	case g.chance(5):
		g.p.str(g.pick("date", "__internal__", "log", "", "a", "a", "group_attributes"), 0)
	case g.chance(5):
		g.p.str(g.text(), g.width())
	default:
		g.p.str(g.word(), g.width())
	}
}

// anyKey is a key of a type that JSON does not know.
func (g *generator) anyKey(depth int) {
	switch g.r.IntN(5) {
	case 0:
		g.p.null()
	case 1:
		g.p.boolean(g.chance(50))
	case 2:
		g.p.int(g.integer(), g.width())
	case 3:
		g.p.float64(g.float())
	default:
		g.value(min(depth-1, 1))
	}
}

func (g *generator) value(depth int) {
	kinds := 8
	if depth > 0 {
		kinds = 10
	}
	switch g.r.IntN(kinds) {
	case 0:
		g.scalar()
	case 1:
		g.p.uint(g.r.Uint64()>>g.r.IntN(64), g.width())
	case 2:
		g.p.int(g.integer(), g.width())
	case 3:
		g.p.float64(g.float())
	case 4:
		g.p.float32(float32(g.float()))
	case 5:
		g.p.bin(g.text(), g.width())
	case 6, 7:
		g.p.str(g.text(), g.width())
	case 8:
		n := g.r.IntN(6)
		g.p.array(n, g.width())
		for range n {
			g.value(depth - 1)
		}
	case 9:
		g.objectOf(g.r.IntN(6), depth-1)
	}
}

func (g *generator) scalar() {
	switch {
	case g.may(Ext):
		data := make([]byte, g.pickInt(0, 1, 2, 3, 4, 8, 16, 17, 300))
		for i := range data {
			data[i] = byte(g.r.Uint32())
		}
		g.p.ext(int8(g.r.IntN(256)-128), data, g.width())
	case g.chance(40):
		g.p.null()
	default:
		g.p.boolean(g.chance(50))
	}
}

func (g *generator) integer() int64 { return int64(g.r.Uint64()) >> g.r.IntN(64) }

func (g *generator) float() float64 {
	for {
		f := g.anyFloat()
		if g.may(NonFinite) || !(math.IsNaN(f) || math.IsInf(f, 0) || math.IsInf(float64(float32(f)), 0)) {
			return f
		}
	}
}

func (g *generator) anyFloat() float64 {
	switch g.r.IntN(6) {
	case 0:
		return math.Float64frombits(g.r.Uint64())
	case 1:
		return float64(g.integer())
	case 2:
		return g.r.NormFloat64()
	case 3:
		return math.Round(g.r.NormFloat64()*1e4) / 100
	case 4:
		return float64(g.r.IntN(2000)-1000) * math.Pow(10, float64(g.r.IntN(40)-20))
	}
	corners := []float64{0, math.Copysign(0, -1), 1, -1, 0.1, 1e15, 1e16, 1e17, 1 << 53, 1 << 62, -(1 << 63), 1 << 63,
		math.MaxFloat32,
		math.MaxFloat64, math.SmallestNonzeroFloat64, math.NaN(), math.Copysign(math.NaN(),
			-1), math.Inf(1), math.Inf(-1)}
	return corners[g.r.IntN(len(corners))]
}

func (g *generator) width() int               { return g.pickInt(0, 0, 0, 0, 1, 2, 4, 8) }
func (g *generator) may(f Feature) bool       { return g.allowed&f != 0 }
func (g *generator) chance(percent int) bool  { return g.r.IntN(100) < percent }
func (g *generator) pick(of ...string) string { return of[g.r.IntN(len(of))] }
func (g *generator) pickInt(of ...int) int    { return of[g.r.IntN(len(of))] }
