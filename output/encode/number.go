package encode

import (
	"math"
	"strconv"
)

// appendUint appends v in decimal.
func appendUint(dst []byte, v uint64) []byte {
	switch {
	case v < 10:
		return append(dst, byte('0'+v))
	case v < 100:
		return append2(dst, int(v))
	case v < 1000:
		return append2(append(dst, byte('0'+v/100)), int(v%100))
	case v < 10_000:
		return append2(append2(dst, int(v/100)), int(v%100))
	case v < 100_000:
		return append2(append2(append(dst, byte('0'+v/10_000)), int(v/100%100)), int(v%100))
	}
	return strconv.AppendUint(dst, v, 10)
}

// appendFloat appends f as the C plugin does (src/flb_pack.c, msgpack2json):
// "%.1f" for a whole number within int64, "%.16g" otherwise. NaN and the
// infinities become null: the C plugin writes nan and inf, which is no JSON.
func appendFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return append(dst, "null"...)
	case f == 0:
		return strconv.AppendFloat(dst, f, 'f', 1, 64) // or -0.0
	case f == math.Trunc(f) && -maxWhole <= f && f < maxWhole:
		return append(strconv.AppendInt(dst, int64(f), 10), ".0"...)
	}
	if thousandths, ok := decimal(math.Abs(f)); ok {
		return appendDecimal(dst, thousandths, math.Signbit(f))
	}
	return strconv.AppendFloat(dst, f, 'g', 16, 64)
}

// decimal tells whether a is what a number with three places has become as a
// float64, and whether its first 16 digits are that number, followed by zeros.
// Most numbers of logs are so, and quickly written.
func decimal(a float64) (thousandths uint64, ok bool) {
	if !(0.001 <= a && a < 1e9) {
		return 0, false
	}
	n := math.Round(a * 1000)
	if n/1000 != a {
		return 0, false
	}
	decade := 0
	for a >= decades[decade].end {
		decade++
	}
	// How far a is off is known exactly. A half would be too far, less a little
	// because unit is not exact.
	return uint64(n), math.Abs(math.FMA(a, 1000, -n)) < 0.49*decades[decade].unit*1000
}

// decades are the numbers from 0.001 on that have their first digit in the same
// place, and the unit of their 16th.
var decades = [...]struct{ end, unit float64 }{
	{0.01, 1e-18}, {0.1, 1e-17}, {1, 1e-16}, {10, 1e-15}, {100, 1e-14}, {1e3, 1e-13},
	{1e4, 1e-12}, {1e5, 1e-11}, {1e6, 1e-10}, {1e7, 1e-9}, {1e8, 1e-8}, {1e9, 1e-7},
}

func appendDecimal(dst []byte, thousandths uint64, negative bool) []byte {
	if negative {
		dst = append(dst, '-')
	}
	dst = appendUint(dst, thousandths/1000)
	places := byte(thousandths % 1000 / 100)
	dst = append(dst, '.', '0'+places)
	if rest := int(thousandths % 100); rest%10 != 0 {
		return append2(dst, rest)
	} else if rest != 0 {
		return append(dst, byte('0'+rest/10))
	}
	return dst
}

// maxWhole is 2^63, the first whole number beyond a C long long.
const maxWhole = 1 << 63
