package sidecar

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// look is one look at all files.
type look struct {
	*files
	problems map[string]bool
	changed  bool // something is to be put in force
}

// report logs a problem, unless the last look had it, too.
func (l *look) report(err error) {
	l.problems[err.Error()] = true
	l.log(l.reported, err)
}

func (l *look) log(known map[string]bool, err error) {
	if !known[err.Error()] {
		l.server.opts.Log.Error("configuration is not used; what was in force stays", "error", err)
		l.server.metrics.reloads.WithLabelValues("error").Inc()
	}
}

func (l *look) readMain() {
	path := l.server.opts.File
	if path == "" {
		return
	}
	content, err := l.server.opts.World.ReadFile(path)
	if err != nil {
		l.report(fmt.Errorf("read configuration: %w", err))
		return
	}
	if l.sign(content, l.main.files) == l.mainSeen {
		return
	}
	next, err := Parse(path, content, l.server.opts.World)
	if err != nil {
		l.report(err)
		return
	}
	for _, part := range restartNeeded(l.main, next) {
		l.server.opts.Log.Warn("a change takes effect after a restart only", "setting", part)
	}
	l.main, l.mainSeen, l.changed = next, l.sign(content, next.files), true
	for _, each := range l.dynamic {
		each.seen = signature{} // the defaults may be others
	}
	l.server.metrics.reloads.WithLabelValues("success").Inc()
}

// restartNeeded lists what has changed that is not applied.
func restartNeeded(before, after *Config) (parts []string) {
	for _, each := range []struct {
		name      string
		old, next any
	}{{"server", before.Server, after.Server}, {"credentials", before.Credentials, after.Credentials}, {"metrics", before.Metrics, after.Metrics}} {
		old, _ := json.Marshal(each.old) // plain data always marshals
		next, _ := json.Marshal(each.next)
		if string(old) != string(next) {
			parts = append(parts, each.name)
		}
	}
	return parts
}

// readFolders looks at the folders' files.
func (l *look) readFolders() {
	there := map[string]bool{}
	for _, dir := range l.directories() {
		paths, err := dir.files(l.server.opts.World.ReadDir)
		if err != nil {
			l.report(fmt.Errorf("read services: %w", err))
			for path := range l.dynamic { // what cannot be seen is not gone
				there[path] = there[path] || filepath.Dir(path) == filepath.Clean(dir.Path)
			}
		}
		for _, path := range paths {
			there[path] = l.readFile(path) || there[path]
		}
	}
	l.forget(func(path string) bool { return !there[path] })
}

// forget drops files.
func (l *look) forget(gone func(path string) bool) {
	before := len(l.dynamic)
	maps.DeleteFunc(l.dynamic, func(path string, _ *file) bool { return gone(path) })
	l.changed = l.changed || len(l.dynamic) < before
}

// readFile looks at one file of services. It returns false if it is gone.
func (l *look) readFile(path string) bool {
	content, err := l.server.opts.World.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	known := l.dynamic[path]
	if known == nil {
		known = &file{}
		l.dynamic[path] = known
	}
	if err != nil {
		l.report(fmt.Errorf("read services: %w", err))
		return true
	}
	if l.sign(content, known.refs) == known.seen {
		return true
	}
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	next, err := parseServices(path, name, content, l.server.opts.World, l.main.Defaults)
	if err != nil {
		l.report(err)
		return true
	}
	known.services, known.refs, l.changed = next.Services, next.files, true
	known.seen = l.sign(content, known.refs)
	for _, warning := range next.Warnings {
		l.server.opts.Log.Warn(warning, "file", path)
	}
	l.server.metrics.reloads.WithLabelValues("success").Inc()
	return true
}

// apply puts everything in force. The main file's services win over the folders';
// of the folders' files, the first in order wins.
func (l *look) apply() {
	wanted, owner, clashes := map[string]definition{}, map[[sha256.Size]byte]string{}, map[string]bool{}
	add := func(name, path string, c ServiceConfig) {
		if clash := clashOf(name, path, c, wanted, owner); clash != nil {
			clashes[clash.Error()] = true
			l.log(l.clashes, clash)
			return
		}
		for _, hash := range c.hashes {
			owner[hash] = name
		}
		wanted[name] = definition{path, c}
	}
	for _, name := range slices.Sorted(maps.Keys(l.main.Services)) {
		add(name, l.server.opts.File, l.main.Services[name])
	}
	for _, path := range slices.Sorted(maps.Keys(l.dynamic)) {
		services := l.dynamic[path].services
		for _, name := range slices.Sorted(maps.Keys(services)) {
			add(name, path, services[name])
		}
	}
	l.server.registry.apply(wanted)
	l.clashes = clashes
}

// clashOf says why a service cannot stand beside those that are wanted already.
func clashOf(name, path string, c ServiceConfig, wanted map[string]definition, owner map[[sha256.Size]byte]string) error {
	if other, taken := wanted[name]; taken {
		return fmt.Errorf("%s: service %s is defined in %s, too: give one of them another name", path, name, other.file)
	}
	for _, hash := range c.hashes {
		if other, taken := owner[hash]; taken {
			return fmt.Errorf("%s: the token of service %s is also that of %s: give each a token of its own", path, name, other)
		}
	}
	return nil
}
