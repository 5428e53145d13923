package encode

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

// What is written quickly is what strconv writes.
func TestDecimals(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	quick := 0
	check := func(f float64) {
		if _, ok := decimal(math.Abs(f)); ok {
			quick++
		}
		want := strconv.AppendFloat(nil, f, 'g', 16, 64)
		if f == math.Trunc(f) && -maxWhole <= f && f < maxWhole {
			want = strconv.AppendFloat(nil, f, 'f', 1, 64)
		}
		if got := appendFloat(nil, f); string(got) != string(want) {
			t.Fatalf("%v (%x): %s, want %s", f, math.Float64bits(f), got, want)
		}
	}
	const rounds = 300_000
	for range rounds {
		places := math.Pow10(random.IntN(5))
		f := math.Round(random.Float64()*math.Pow10(random.IntN(13))) / places
		for _, f := range []float64{f, -f, math.Nextafter(f, 0), math.Nextafter(f, math.Inf(1)), math.Float64frombits(random.Uint64())} {
			if !math.IsNaN(f) && !math.IsInf(f, 0) {
				check(f)
			}
		}
	}
	if quick < rounds/4 {
		t.Errorf("%d of %d were written quickly", quick, rounds)
	}
	for _, f := range []float64{0, math.Copysign(0, -1), 0.001, 0.01, 0.1, 1.5, 9.95, 999999999.999, -1 << 63, 1 << 63} {
		check(f)
	}
}
