package jsonl

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// TestFloats: a number reads back as it was, in the shortest form that does, and looks as the C plugin's where 16
// digits
// are enough.
func TestFloats(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	quick := 0
	check := func(f float64) {
		t.Helper()
		if _, ok := decimal(math.Abs(f)); ok {
			quick++
		}
		got := string(appendFloat(nil, f))
		if back, err := strconv.ParseFloat(got, 64); err != nil || back != f || math.Signbit(back) != math.Signbit(f) {
			t.Fatalf("%x becomes %s and reads back as %x, %v", math.Float64bits(f), got, math.Float64bits(back), err)
		}
		if f == math.Trunc(f) && -maxWhole <= f && f < maxWhole {
			if want := strconv.FormatFloat(f, 'f', 1, 64); got != want {
				t.Fatalf("%x becomes %s, want %s", math.Float64bits(f), got, want)
			}
			return
		}
		if shortest := strconv.FormatFloat(f, 'e', -1, 64); digitsOf(got) != digitsOf(shortest) {
			t.Fatalf("%s has other digits than %s", got, shortest)
		}
		inC := strconv.FormatFloat(f, 'g', 16, 64)
		if digitsOf(inC) == digitsOf(got) && inC != got {
			t.Fatalf("%s looks like %s in C", got, inC)
		}
	}
	const rounds = 300_000
	for range rounds {
		places := math.Pow10(random.IntN(5))
		f := math.Round(random.Float64()*math.Pow10(random.IntN(13))) / places
		for _, f := range []float64{f, -f, math.Nextafter(f, 0), math.Nextafter(f, math.Inf(1)),
			math.Float64frombits(random.Uint64())} {
			if !math.IsNaN(f) && !math.IsInf(f, 0) {
				check(f)
			}
		}
	}
	if quick < rounds/4 {
		t.Errorf("%d of %d were written quickly", quick, rounds)
	}
	for _, f := range []float64{0, math.Copysign(0, -1), 0.001, 0.01, 0.1, 1.5, 9.95, 0.16132749999999998,
		999999999.999,
		1e-4, math.Nextafter(1e-4,
			0), 1e15 + 0.5, 1 << 53, -1 << 63, 1 << 63, math.SmallestNonzeroFloat64, math.MaxFloat64} {
		check(f)
	}
}

// digitsOf returns the significant digits of a number's text.
func digitsOf(text string) string {
	mantissa, _, _ := strings.Cut(strings.TrimPrefix(text, "-"), "e")
	return strings.Trim(strings.Replace(mantissa, ".", "", 1), "0")
}
