package jsonl

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

// appendFloat appends f as the C plugin does (src/flb_pack.c, msgpack2json): "%.1f"
// for a whole number within int64, otherwise in the form of "%.16g", but with as many
// digits as it takes to read the same number back: 16 are not enough for one in six. NaN
// and the infinities become null: the C plugin writes nan and inf, which is not JSON.
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
	if a := math.Abs(f); a < 1e-4 || a >= 1e16 {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}

// decimal reports whether a is the float64 of a number with at most three places. Most
// numbers in logs are, and they are written quickly; with at most 12 digits there is no
// shorter form.
func decimal(a float64) (thousandths uint64, ok bool) {
	if !(0.001 <= a && a < 1e9) {
		return 0, false
	}
	n := math.Round(a * 1000)
	return uint64(n), n/1000 == a
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
