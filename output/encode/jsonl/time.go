package jsonl

import (
	"strconv"

	"sluice/output/record"
)

// timeWriter writes times in one of the formats of json_date_format. It formats what the times
// of one second have in common only once.
type timeWriter struct {
	format DateFormat
	sec    int64
	common []byte // the first time of sec, as text
}

func (w *timeWriter) append(dst []byte, t record.Time) []byte {
	switch w.format {
	case Double:
		return appendFloat(dst, float64(t.Sec)+float64(t.Nsec)/1e9)
	case Epoch:
		return strconv.AppendUint(dst, uint64(t.Sec), 10)
	case EpochMillis:
		return strconv.AppendUint(dst, uint64(t.Sec*1000+t.Nsec/1e6), 10)
	case JavaSQLTimestamp:
		return w.dateTime(dst, t, ' ', `"`)
	default:
		return w.dateTime(dst, t, 'T', `Z"`)
	}
}

// dateTime appends a quote, date, separator and time of day in UTC with microseconds,
// truncated, and the end.
func (w *timeWriter) dateTime(dst []byte, t record.Time, separator byte, end string) []byte {
	if len(w.common) == 0 || t.Sec != w.sec {
		w.sec, w.common = t.Sec, appendDateTime(append(w.common[:0], '"'), t.Sec, separator)
		w.common = append(append(w.common, "000000"...), end...)
	}
	dst = append(dst, w.common...)
	micros := int(t.Nsec / 1000)
	last := dst[len(dst)-len(end)-6:][:6]
	*(*[2]byte)(last) = digits[micros/10000]
	*(*[2]byte)(last[2:]) = digits[micros/100%100]
	*(*[2]byte)(last[4:]) = digits[micros%100]
	return dst
}

// appendDateTime appends date, separator, time of day and a point.
func appendDateTime(dst []byte, sec int64, separator byte) []byte {
	days, secs := floorDiv(sec, 86400)
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
	return append(dst, '.')
}

// civil converts days since 1970-01-01 to a date of the Gregorian calendar. It counts years
// from March, so that the leap day is the last day of a year.
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
func append2(dst []byte, n int) []byte { return append(dst, digits[n][0], digits[n][1]) }

// digits are the numbers below a hundred.
var digits = func() (two [100][2]byte) {
	for n := range two {
		two[n] = [2]byte{byte('0' + n/10), byte('0' + n%10)}
	}
	return two
}()
