package conf

import (
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
)

var sizeUnits = map[string]float64{"K": 1e3, "M": 1e6, "G": 1e9}

// parseSize parses a size as Fluent Bit does (src/flb_utils.c, flb_utils_size_to_bytes):
// decimal suffixes K, M, G, optionally with B; fractions are allowed, and "false" is 0.
func parseSize(s string) (bytes int64, ok bool) {
	if strings.EqualFold(s, "false") {
		return 0, true
	}
	number := strings.ToUpper(strings.TrimSpace(s))
	factor := 1.0
	number = strings.TrimSuffix(number, "B")
	for suffix, f := range sizeUnits {
		if cut, found := strings.CutSuffix(number, suffix); found {
			number, factor = cut, f
			break
		}
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || !(f >= 0) || f*factor >= math.MaxInt64 {
		return 0, false
	}
	return int64(f * factor), true
}

var timeUnits = map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}

// parseTime parses a time: whole seconds, or a number with a suffix s, m, h or d. Fluent Bit
// reads "500ms" as 500 seconds and "5x" as 5; here both are mistakes.
func parseTime(s string) (time.Duration, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	unit := time.Second
	for suffix, u := range timeUnits {
		if cut, found := strings.CutSuffix(s, suffix); found {
			s, unit = cut, u
			break
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > int64(math.MaxInt64/unit) {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

// parseBool parses a boolean of Fluent Bit.
func parseBool(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "true", "on", "yes":
		return true, true
	case "false", "off", "no":
		return false, true
	}
	return false, false
}

// parseEndpoint parses host[:port] or a URL without a path, and returns a URL. Without a
// scheme it is https, as in the built-in output.
func parseEndpoint(s string) (endpoint string, ok bool) {
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(strings.TrimRight(s, "/"))
	if err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
		return "", false
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return "", false
	}
	return u.String(), true
}
