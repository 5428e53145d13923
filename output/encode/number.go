package encode

import (
	"math"
	"strconv"

	"sluice/output/record"
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

// appendTime appends t in one of the formats of json_date_format.
func appendTime(dst []byte, t record.Time, format DateFormat) []byte {
	switch format {
	case Double:
		return appendFloat(dst, float64(t.Sec)+float64(t.Nsec)/1e9)
	case Epoch:
		return strconv.AppendUint(dst, uint64(t.Sec), 10)
	case EpochMillis:
		return strconv.AppendUint(dst, uint64(t.Sec*1000+t.Nsec/1e6), 10)
	case JavaSQLTimestamp:
		return append(appendDateTime(append(dst, '"'), t, ' '), '"')
	default:
		return append(appendDateTime(append(dst, '"'), t, 'T'), 'Z', '"')
	}
}

// appendDateTime appends date, separator and time of day in UTC with
// microseconds, cut and not rounded.
func appendDateTime(dst []byte, t record.Time, separator byte) []byte {
	days, secs := floorDiv(t.Sec, 86400)
	year, month, day := civil(days)
	if 0 <= year && year <= 9999 {
		dst = append2(append2(dst, int(year/100)), int(year%100))
	} else {
		dst = strconv.AppendInt(dst, year, 10)
	}
	dst = append2(append(dst, '-'), month)
	dst = append2(append(dst, '-'), day)
	dst = append2(append(dst, separator), int(secs/3600))
	dst = append2(append(dst, ':'), int(secs/60%60))
	dst = append2(append(dst, ':'), int(secs%60))
	micros := t.Nsec / 1000
	dst = append2(append(dst, '.'), int(micros/10000%100))
	return append2(append2(dst, int(micros/100%100)), int(micros%100))
}

// civil turns days since 1970-01-01 into a date of the Gregorian calendar,
// counting years from March so that the leap day is the last of its year.
func civil(days int64) (year int64, month, day int) {
	era, doe := floorDiv(days+719468, 146097) // days of the 400-year era
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = int(doy-(153*mp+2)/5) + 1
	month = int(mp) + 3
	year = yoe + era*400
	if month > 12 {
		return year + 1, month - 12, day
	}
	return year, month, day
}

func floorDiv(a, b int64) (quotient, remainder int64) {
	quotient, remainder = a/b, a%b
	if remainder < 0 {
		return quotient - 1, remainder + b
	}
	return quotient, remainder
}

// append2 appends two decimal digits.
func append2(dst []byte, n int) []byte {
	return append(dst, byte('0'+n/10), byte('0'+n%10))
}
