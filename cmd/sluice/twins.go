package main

import (
	"fmt"
	"path/filepath"

	"sluice/conf"
)

// refuseTwins adds what is wrong with each output whose spool would be another one's: a spool has one owner, and its
// folder the name of the alias. Fluent Bit numbers outputs without one.
func refuseTwins(sections []section) {
	type spool struct{ folder, alias string }
	first := map[spool]position{}
	for i := range sections {
		s := &sections[i]
		alias, set := s.last("alias")
		if !set {
			continue
		}
		folder, _ := s.get("store_dir")
		key := spool{filepath.Clean(folder), alias}
		before, taken := first[key]
		if !taken {
			first[key] = s.at
			continue
		}
		s.refused = append(s.refused, s.locate(conf.Mistakes{{Property: "alias", Problem: fmt.Sprintf(
			"%q is that of %s, too, and so would the spool be: give each output its own alias", alias, before)}})...)
	}
}
