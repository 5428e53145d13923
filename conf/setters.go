package conf

import (
	"net"
	"strconv"
	"strings"
)

func setFormat(c *Config, v string) string {
	switch v = strings.ToLower(v); v {
	case "json_lines":
	case "json":
		c.Warnings = append(c.Warnings, "set format json_lines: json is written as json_lines, too")
	case "parquet", "arrow", "otlp_json", "otlp_json_pretty":
		return "is not supported yet: use json_lines, or keep this output on the built-in s3 plugin"
	default:
		return "is not known: use json_lines"
	}
	c.Format = "json_lines"
	return ""
}

func setDateFormat(c *Config, v string) string {
	switch v = strings.ToLower(v); v {
	case "double", "epoch", "iso8601", "java_sql_timestamp":
		c.JSONDateFormat = v
	case "epoch_ms", "epoch_millis", "epoch_milliseconds":
		c.JSONDateFormat = "epoch_ms"
	default:
		return "is not known: use iso8601, java_sql_timestamp, double, epoch or epoch_ms"
	}
	return ""
}

func setDateKey(c *Config, v string) string {
	if on, ok := parseBool(v); !ok || on {
		c.JSONDateKey = v
	}
	return ""
}

func setCompression(c *Config, v string) string {
	switch v = strings.ToLower(v); v {
	case "none", "gzip", "zstd", "snappy":
		c.Compression = v
		return ""
	case "parquet", "arrow":
		return "is not supported yet: use none, gzip, zstd or snappy, or keep this output on the built-in s3 plugin"
	}
	return "is not known: use none, gzip, zstd or snappy"
}

func setStoreCompression(c *Config, v string) string {
	return setWord(&c.StoreCompression, v, "none", "s2")
}

// setWord sets a field to one of some words, whatever the case of the letters in v.
func setWord(field *string, v string, words ...string) string {
	for _, word := range words {
		if strings.EqualFold(word, v) {
			*field = word
			return ""
		}
	}
	last := len(words) - 1
	if last == 0 {
		return "is not known: use " + words[0]
	}
	return "is not known: use " + strings.Join(words[:last], ", ") + " or " + words[last]
}

// setRoleARN accepts arn:partition:iam:region:account:role/path/name. Servers other than
// AWS have partitions, regions and empty accounts of their own.
func setRoleARN(c *Config, v string) string {
	parts := strings.SplitN(v, ":", 6)
	plain := strings.IndexFunc(v, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
	if !plain || len(parts) < 6 || parts[0] != "arn" || parts[1] == "" || parts[2] != "iam" ||
		!strings.HasPrefix(parts[5], "role/") || strings.HasSuffix(parts[5], "/") {
		return "is not the ARN of a role: write arn:aws:iam::123456789012:role/name"
	}
	c.RoleARN = v
	return ""
}

// setPprofListen accepts addresses that no other machine can reach: profiles show what the
// process does.
func setPprofListen(c *Config, v string) string {
	host, port, err := net.SplitHostPort(v)
	if err != nil || port == "" {
		return "is not a valid address: write 127.0.0.1:6060"
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "is not on loopback: write 127.0.0.1:6060 and forward the port if you are on another machine"
	}
	c.PprofListen = v
	return ""
}

func setExhausted(c *Config, v string) string {
	switch strings.ToLower(v) {
	case "quarantine":
	case "delete":
		c.DropExhausted = true
	default:
		return "is not known: use quarantine or delete"
	}
	return ""
}

func setRetryLimit(c *Config, v string) string {
	switch strings.ToLower(v) {
	case "no_limits", "false", "off":
		c.RetryLimit = Unlimited
		return ""
	case "no_retries":
		c.RetryLimit = 0
		return ""
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 {
		return "is neither a number nor no_limits nor no_retries"
	}
	c.RetryLimit = n
	return ""
}
