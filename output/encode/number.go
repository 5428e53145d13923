package encode

import (
	"math"
	"strconv"
)

// appendFloat appends f as the C plugin does (src/flb_pack.c, msgpack2json):
// "%.1f" for a whole number within int64, "%.16g" otherwise. NaN and the
// infinities become null: the C plugin writes nan and inf, which is no JSON.
func appendFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return append(dst, "null"...)
	case f == math.Trunc(f) && -maxWhole <= f && f < maxWhole:
		return strconv.AppendFloat(dst, f, 'f', 1, 64)
	}
	return strconv.AppendFloat(dst, f, 'g', 16, 64)
}

// maxWhole is 2^63, the first whole number beyond a C long long.
const maxWhole = 1 << 63
