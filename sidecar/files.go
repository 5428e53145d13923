package sidecar

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"sync"
)

// files puts in force what the configuration and its folders say, and keeps what
// was last good of each file.
type files struct {
	server *Server
	disk   *Disk // that folders are watched on

	looking  sync.Mutex // held during a look, which takes as long as files let it; guards what follows
	mainSeen signature
	reported map[string]bool // problems of the last look, by their text

	mu      sync.Mutex // guards what follows; no file is read while it is held
	main    *Config
	dynamic map[string]*file
	dropped map[string]*file // what drop has changed since the look under way began; nil: removed
	clashes map[string]bool  // of the last time that services were put in force; nil before the first
}

// file is one of a folder. It is immutable.
type file struct {
	seen     signature
	services map[string]ServiceConfig // last good
	refs     []string                 // files that references name
}

// signature changes with a file and with all that its references name.
type signature [sha256.Size]byte

func newFiles(ctx context.Context, s *Server) *files {
	f := &files{server: s, disk: &Disk{}, main: s.opts.Config, dynamic: map[string]*file{}}
	if s.opts.File != "" {
		if content, err := s.opts.World.ReadFile(ctx, s.opts.File); err == nil {
			f.mainSeen = f.sign(ctx, content, f.main.files)
		}
	}
	return f
}

// load reads what has changed and applies it. A file that cannot be used is
// reported once and leaves what it had in force.
func (f *files) load(ctx context.Context) {
	f.looking.Lock()
	defer f.looking.Unlock()
	l := f.look(ctx)
	l.readMain()
	l.readFolders()
	if ctx.Err() != nil {
		return // what was not seen is not gone
	}
	f.reported = l.problems
	f.mu.Lock()
	defer f.mu.Unlock()
	for path, each := range f.dropped {
		l.changed = true
		if each == nil {
			delete(l.dynamic, path)
		} else {
			l.dynamic[path] = each
		}
	}
	f.main, f.dynamic, f.dropped = l.main, l.dynamic, nil
	if l.changed || f.clashes == nil {
		f.apply()
	}
}

// look begins a look at all files.
func (f *files) look(ctx context.Context) *look {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dropped = map[string]*file{}
	return &look{files: f, ctx: ctx, main: f.main, dynamic: maps.Clone(f.dynamic), problems: map[string]bool{}}
}

// drop revokes at once what files had that are gone, whatever a look is waiting for. Files that
// are new are read, too: one of them may have been renamed. Those that are known may just be
// being written.
func (f *files) drop(ctx context.Context) {
	f.mu.Lock()
	l := &look{files: f, ctx: ctx, main: f.main, dynamic: maps.Clone(f.dynamic), problems: map[string]bool{}}
	f.mu.Unlock()
	paths, kept, _ := l.list() // the next look reports what cannot be listed
	var added []string
	for _, path := range paths {
		kept[path] = true
		if l.dynamic[path] == nil {
			added = append(added, path)
		}
	}
	var gone []string
	for path := range l.dynamic {
		if !kept[path] {
			gone = append(gone, path)
		}
	}
	if len(gone) == 0 {
		return
	}
	found := l.readAll(added)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, path := range gone {
		f.note(path, nil)
	}
	for _, each := range found {
		if each.next != nil {
			f.note(each.path, each.next)
		}
	}
	f.apply()
}

// note changes what is known of a file, for a look under way, too. It is called with mu held.
func (f *files) note(path string, next *file) {
	if f.dropped != nil {
		f.dropped[path] = next
	}
	if next == nil {
		delete(f.dynamic, path)
	} else {
		f.dynamic[path] = next
	}
}

// directories are the folders of services.
func (f *files) directories(main *Config) (all []Directory) {
	if main.Dynamic.Enabled {
		all = main.Dynamic.Directories
	}
	if grants := f.server.opts.Grants; grants != "" {
		all = append(all[:len(all):len(all)], Directory{Path: grants})
	}
	return all
}

// sign signs a file's content, and that of the files that references name. One that hangs is
// enough: the others are not waited for.
func (f *files) sign(ctx context.Context, content []byte, refs []string) signature {
	h := sha256.New()
	h.Write(content)
	for _, ref := range refs {
		text, err := f.server.opts.World.ReadFile(ctx, ref)
		fmt.Fprintf(h, "\x00%s\x00%d\x00%v\x00", ref, len(text), err != nil)
		h.Write(text)
		if errors.Is(err, errNoAnswer) {
			break
		}
	}
	return signature(h.Sum(nil))
}
