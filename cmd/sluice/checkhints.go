package main

import (
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sluice/conf"
	"sluice/creds/standard"
)

// dateHints warns of records that have a member with the name of the date.
func (s section) dateHints(cfg conf.Config) []string {
	if _, set := s.get("json_date_key"); !set || cfg.JSONDateKey == "" || cfg.LogKey != "" {
		return nil
	}
	return []string{fmt.Sprintf("a record's own member %q replaces its time, since the last of equal names wins: "+
		"if records have one, set json_date_key to another name", cfg.JSONDateKey)}
}

// tagPart matches a part of the tag in a key format.
var tagPart = regexp.MustCompile(`\$TAG\[([0-9])\]`)

// tagHints are about parts that the example's tag does not have.
func tagHints(cfg conf.Config, tag string) (hints []string) {
	parts := len(strings.FieldsFunc(tag, func(r rune) bool { return strings.ContainsRune(cfg.TagDelimiters, r) }))
	seen := map[string]bool{}
	for _, m := range tagPart.FindAllStringSubmatch(cfg.KeyFormat, -1) {
		if n, _ := strconv.Atoi(m[1]); n < parts || seen[m[0]] {
			continue
		}
		seen[m[0]] = true
		hints = append(hints, fmt.Sprintf("name a tag that has a part %s with --tag, or change s3_key_format: "+
			"the tag %s has %d parts", m[0], tag, parts))
	}
	return hints
}

// serverOf returns the endpoint that host and port were probably meant to be, and the property that says so.
func (s section) serverOf() (property, endpoint string) {
	host, hasHost := s.last("host")
	port, hasPort := s.last("port")
	if !hasHost {
		return "port", ""
	}
	scheme := "http://"
	if tls, _ := s.last("tls"); strings.EqualFold(tls, "on") || port == "443" {
		scheme = "https://"
	}
	if hasPort {
		host = net.JoinHostPort(host, port)
	}
	return "host", scheme + host
}

// checkHost returns a mistake if host names a server and nothing else does: the logs would go to Amazon.
func (s section) checkHost(sources *standard.Sources) conf.Mistakes {
	property, server := s.serverOf()
	profile, _ := s.get("profile")
	_, set := s.get("endpoint")
	other, _ := sources.Endpoint(standard.Options{Profile: profile}, "s3")
	if server == "" || set || other != "" {
		return nil
	}
	return conf.Mistakes{{Property: property, Problem: "has no effect on uploads: set endpoint " + server}}
}

// hints are about properties that Fluent Bit keeps for itself, and about others that may not be meant.
func (s section) hints(cfg conf.Config) (hints []string) {
	hints = append(s.dateHints(cfg), s.schemeHints()...)
	engines := []string{"tls", "net", "oauth2"}
	ours := map[string]string{"tls.verify": "ssl_verify", "tls.ca_file": "ca_file"}
	for _, p := range s.properties {
		name := strings.ToLower(p.name)
		prefix, _, _ := strings.Cut(name, ".")
		switch {
		case ours[name] != "":
			hints = append(hints, fmt.Sprintf("Fluent Bit's engine keeps %s for itself: for uploads set %s",
				name, ours[name]))
		case name == "host", name == "port", prefix != name && slices.Contains(engines, prefix):
			hints = append(hints, fmt.Sprintf("remove %s: it has no effect on uploads", name))
		}
	}
	if _, set := s.get("sts_endpoint"); set && cfg.RoleARN == "" && cfg.Profile == "" {
		hints = append(hints, "set role_arn, or remove sts_endpoint unless Fluent Bit's environment names a role: "+
			"it is used only to assume one")
	}
	switch limit, _ := s.last("retry_limit"); strings.ToLower(limit) {
	case "no_limits", "false", "off":
	default:
		hints = append(hints, "set retry_limit no_limits: otherwise Fluent Bit drops a chunk after a few attempts "+
			"when the spool cannot take it (disk full, or store_dir_limit_size reached)")
	}
	return hints
}

// schemeHints are about http and https, which endpoint says and tls does not.
func (s section) schemeHints() (hints []string) {
	endpoint, _ := s.get("endpoint")
	tls, _ := s.last("tls")
	scheme, address, found := strings.Cut(endpoint, "://")
	if !found {
		address = endpoint
	}
	switch _, port, err := net.SplitHostPort(strings.TrimRight(address, "/")); {
	case endpoint == "":
	case !found && err == nil && port != "443":
		hints = append(hints, fmt.Sprintf("write endpoint http://%s for plain HTTP: https is used without it", address))
	case strings.EqualFold(tls, "on") && strings.EqualFold(scheme, "http"):
		hints = append(hints, fmt.Sprintf("write endpoint https://%s for TLS: tls has no effect", address))
	case strings.EqualFold(tls, "off") && !strings.EqualFold(scheme, "http"):
		hints = append(hints, fmt.Sprintf("write endpoint http://%s for plain HTTP: tls has no effect", address))
	}
	return hints
}
