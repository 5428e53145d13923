package sidecar

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
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
