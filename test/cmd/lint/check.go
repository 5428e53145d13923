package main

import (
	"fmt"
	"slices"
	"strings"
)

// check returns where the rooms break the law, and where the law speaks of rooms or imports that do not exist.
func (l law) check(rooms []room) (violations []string) {
	byName := map[string]room{}
	for _, r := range rooms {
		byName[r.name] = r
	}
	hasLine := map[string]bool{}
	for _, rule := range l.allowed {
		violations = append(violations, rule.checkRooms(byName)...)
		violations = append(violations, rule.checkAllowed(byName)...)
		for _, name := range rule.rooms {
			hasLine[name] = true
		}
	}
	for _, r := range rooms {
		if !hasLine[r.name] {
			violations = append(violations, fmt.Sprintf("%s: add a line for %s to the import law", lawFile, r.name))
		}
	}
	for _, rule := range l.forbidden {
		violations = append(violations, rule.checkRooms(byName)...)
		violations = append(violations, rule.checkForbidden(byName)...)
	}
	return violations
}

func (r rule) checkRooms(rooms map[string]room) (violations []string) {
	for _, name := range r.rooms {
		if _, ok := rooms[name]; !ok {
			violations = append(violations, fmt.Sprintf("%v: there is no package %s", r, name))
		}
	}
	return violations
}

// checkAllowed returns the imports that the rule does not allow, and what it allows though nothing imports it.
func (r rule) checkAllowed(rooms map[string]room) (violations []string) {
	used := map[string]bool{}
	for _, name := range r.rooms {
		for _, spec := range rooms[name].imports {
			used[spec.path] = true
			_, ours := rooms[spec.path]
			if (ours || spec.path == cgo) && !slices.Contains(r.targets, spec.path) {
				violations = append(violations,
					fmt.Sprintf("%s:%d: %s must not import %s (%v)", spec.file, spec.line, name, spec.path, r))
			}
		}
	}
	for _, target := range r.targets {
		if !used[target] {
			violations = append(violations, fmt.Sprintf("%v: nothing here imports %s, remove it", r, target))
		}
	}
	return violations
}

// checkForbidden returns what the rule's rooms link though they must not, with the import that brings it.
func (r rule) checkForbidden(rooms map[string]room) (violations []string) {
	for _, name := range r.rooms {
		room := rooms[name]
		for _, target := range r.targets {
			if i := slices.IndexFunc(room.links, within(target)); i >= 0 {
				violations = append(violations,
					fmt.Sprintf("%s%s must not link %s (%v)", room.origin(target, rooms), name, room.links[i], r))
			}
		}
	}
	return violations
}

// origin returns where a room imports what links the target, as "FILE:LINE: ". It is empty if that is a package of
// another module, whose dependencies are not listed.
func (r room) origin(target string, rooms map[string]room) string {
	brings := within(target)
	for _, spec := range r.imports {
		if brings(spec.path) || slices.ContainsFunc(rooms[spec.path].links, brings) {
			return fmt.Sprintf("%s:%d: ", spec.file, spec.line)
		}
	}
	return ""
}

// within returns a function that reports whether a path is the target or below it.
func within(target string) func(path string) bool {
	return func(path string) bool { return path == target || strings.HasPrefix(path, target+"/") }
}
