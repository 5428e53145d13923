package main

import (
	"fmt"
	"strings"

	"sluice/conf"
)

// dateHints warns of records that have a member with the name of the date.
func dateHints(cfg conf.Config) []string {
	if cfg.JSONDateKey == "" || cfg.LogKey != "" {
		return nil
	}
	return []string{fmt.Sprintf("a record's own member %q replaces its time, since the last of equal names wins: "+
		"if records have one, set json_date_key to another name", cfg.JSONDateKey)}
}

// hints are about properties that Fluent Bit keeps for itself.
func (s section) hints() (hints []string) {
	for _, each := range []struct{ name, ours string }{
		{"tls.verify", "ssl_verify"},
		{"tls.ca_file", "ca_file"},
	} {
		if _, set := s.get(each.name); set {
			hints = append(hints, fmt.Sprintf("Fluent Bit's engine keeps %s for itself: for uploads set %s",
				each.name, each.ours))
		}
	}
	switch limit, _ := s.get("retry_limit"); strings.ToLower(limit) {
	case "no_limits", "false", "off":
	default:
		hints = append(hints, "set retry_limit no_limits: otherwise Fluent Bit drops a chunk after a few attempts "+
			"when the spool cannot take it (disk full, or store_dir_limit_size reached)")
	}
	return hints
}
