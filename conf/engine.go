package conf

import (
	"regexp"
	"slices"
	"strings"
)

// engineProperties are the settings of an output that Fluent Bit's engine keeps to itself
// (src/flb_output.c:956-1181, src/flb_config_map.c:496): the plugin never sees them. A name that ends in a dot stands
// for all that begin with it.
var engineProperties = []string{
	"name", "match", "match_regex", "alias", "log_level", "log_suppress_interval", "host", "port", "ipv6",
	"retry_limit", "net.", "oauth2.", "storage.total_limit_size", "workers", "routes", "active", "condition",
	"tls", "tls.verify", "tls.verify_hostname", "tls.debug", "tls.vhost", "tls.ca_path", "tls.ca_file", "tls.crt_file",
	"tls.key_file", "tls.key_passwd", "tls.min_version", "tls.max_version", "tls.ciphers",
	"tls.proxy.verify", "tls.proxy.verify_hostname", "tls.proxy.ca_path", "tls.proxy.ca_file",
}

// LastWins reports whether a setting may be set twice: Fluent Bit refuses that of all but those that it keeps to
// itself, of which it takes the last.
func LastWins(name string) bool {
	name = strings.ToLower(name)
	return slices.Contains(engineProperties, name) && !strings.HasSuffix(name, ".")
}

// CheckEngine returns a mistake for each setting that Fluent Bit keeps to itself and refuses
// (src/flb_output.c, flb_output_set_property).
func CheckEngine(get Lookup) (mistakes Mistakes) {
	levels := []string{"off", "error", "warn", "warning", "info", "debug", "trace"}
	if level, set := get("log_level"); set && !slices.Contains(levels, strings.ToLower(level)) {
		mistakes = append(mistakes, Mistake{"log_level",
			`"` + level + `" is not known: use ` + strings.Join(levels, ", ")})
	}
	const limit = "storage.total_limit_size"
	if value, set := get(limit); set && !totalLimit.MatchString(value) {
		mistakes = append(mistakes, Mistake{limit,
			`"` + value + `" is not a valid size: write bytes, or a number with K, M or G, or off`})
	}
	return mistakes
}

// totalLimit matches what Fluent Bit reads as a size, which it does leniently (src/flb_utils.c,
// flb_utils_size_to_bytes).
var totalLimit = regexp.MustCompile(`(?i)^(off|false|no|.*[0-9]([kmg]b?)?)$`)
