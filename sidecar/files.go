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
	"sync"
)

// files puts in force what the configuration and its folders say, and keeps what
// was last good of each file.
type files struct {
	server *Server

	mu       sync.Mutex // guards what follows
	main     *Config
	mainSeen signature
	dynamic  map[string]*file
	reported map[string]bool // problems of the last look, by their text
	clashes  map[string]bool // those of the last time that services were put in force
}

// file is one of a folder.
type file struct {
	seen     signature
	services map[string]ServiceConfig // last good
	refs     []string                 // files that references name
}

// signature changes with a file and with all that its references name.
type signature [sha256.Size]byte

func newFiles(s *Server) *files {
	f := &files{server: s, main: s.opts.Config, dynamic: map[string]*file{}}
	if s.opts.File != "" {
		if content, err := s.opts.World.ReadFile(s.opts.File); err == nil {
			f.mainSeen = f.sign(content, f.main.files)
		}
	}
	return f
}

// load reads what has changed and applies it. A file that cannot be used is
// reported once and leaves what it had in force.
func (f *files) load() {
	f.mu.Lock()
	defer f.mu.Unlock()
	look := look{files: f, problems: map[string]bool{}, changed: f.clashes == nil}
	look.readMain()
	look.readFolders()
	f.reported = look.problems
	if look.changed {
		look.apply()
	}
}

// directories are the folders of services. It is called with mu held.
func (f *files) directories() (all []Directory) {
	if f.main.Dynamic.Enabled {
		all = f.main.Dynamic.Directories
	}
	if grants := f.server.opts.Grants; grants != "" {
		all = append(all[:len(all):len(all)], Directory{Path: grants})
	}
	return all
}

// drop revokes at once what files had that are gone. Files that are new are read,
// too: one of them may have been renamed. Those that are known may just be being
// written.
func (f *files) drop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	look := look{files: f, problems: map[string]bool{}}
	look.forget(func(path string) bool {
		_, err := f.server.opts.World.ReadFile(path)
		return errors.Is(err, fs.ErrNotExist)
	})
	if !look.changed {
		return
	}
	for _, dir := range f.directories() {
		paths, _ := dir.files(f.server.opts.World.ReadDir) // the next look reports it
		for _, path := range paths {
			if f.dynamic[path] == nil {
				look.readFile(path)
			}
		}
	}
	look.apply()
}

func (f *files) sign(content []byte, refs []string) signature {
	h := sha256.New()
	h.Write(content)
	for _, ref := range refs {
		text, err := f.server.opts.World.ReadFile(ref)
		fmt.Fprintf(h, "\x00%s\x00%d\x00%v\x00", ref, len(text), err != nil)
		h.Write(text)
	}
	return signature(h.Sum(nil))
}

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
