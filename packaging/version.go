package main

import (
	"regexp"
	"strings"
)

var described = regexp.MustCompile(`^v?(\d+\.\d+\.\d+)(?:-([0-9A-Za-z.]+?))??(?:-(\d+)-g([0-9a-f]+))?(-dirty)?$`)

// packageVersion turns what git describe prints into a version that the rules of Debian and RPM accept and order
// rightly: a pre-release before its release, and commits since a tag after it.
//
//	v0.1.0                  0.1.0
//	v0.2.0-rc.1             0.2.0~rc.1
//	v0.1.0-5-g1234abc       0.1.0+5.g1234abc
//	1234abc                 0.0.0+g1234abc
func packageVersion(describe string) string {
	parts := described.FindStringSubmatch(describe)
	if parts == nil {
		return "0.0.0+g" + strings.ReplaceAll(describe, "-", ".")
	}
	version := parts[1]
	if parts[2] != "" {
		version += "~" + parts[2]
	}
	var build []string
	if parts[3] != "" {
		build = append(build, parts[3], "g"+parts[4])
	}
	if parts[5] != "" {
		build = append(build, "dirty")
	}
	if build != nil {
		version += "+" + strings.Join(build, ".")
	}
	return version
}
