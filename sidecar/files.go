package sidecar

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"

	"sluice/internal/slowfs"
	"sluice/sidecar/config"
)

// files puts in force what the main file and the folders say, and keeps the last
// good content of each file.
type files struct {
	server *Server
	fs     *slowfs.FS // for watching folders

	reloading sync.Mutex      // held during a reload, which takes as long as the files let it; guards what follows
	mainPrint fingerprint     // of the main file
	reported  map[string]bool // problems of the last reload, by their text

	mu        sync.Mutex // guards what follows; no file is read while it is held
	main      *config.Config
	dynamic   map[string]*file
	revised   map[string]*file // by revokeMissing since the reload under way began; nil: removed
	conflicts map[string]bool  // when services were last put in force, by their text; nil before the first time
}

// file is a file of services. It is immutable.
type file struct {
	print      fingerprint
	services   map[string]config.Service // of its last good content
	references []string                  // files that it names
}

func newFiles(ctx context.Context, s *Server) *files {
	f := &files{server: s, fs: &slowfs.FS{}, main: s.opts.Config, dynamic: map[string]*file{}}
	if s.opts.File != "" {
		if content, err := s.opts.Environment.ReadFile(ctx, s.opts.File); err == nil {
			f.mainPrint = f.fingerprint(ctx, content, f.main.References)
		}
	}
	return f
}

// directories returns the folders of services.
func (f *files) directories(main *config.Config) (all []config.Directory) {
	if main.Dynamic.Enabled {
		all = main.Dynamic.Directories
	}
	if grants := f.server.opts.Grants; grants != "" {
		all = append(all[:len(all):len(all)], config.Directory{Path: grants})
	}
	return all
}

// fingerprint changes with a file and with every file that it references.
type fingerprint [sha256.Size]byte

// fingerprint hashes a file's content and that of its references. After one that
// hangs the others are not waited for.
func (f *files) fingerprint(ctx context.Context, content []byte, references []string) fingerprint {
	h := sha256.New()
	h.Write(content)
	for _, path := range references {
		text, err := f.server.opts.Environment.ReadFile(ctx, path)
		fmt.Fprintf(h, "\x00%s\x00%d\x00%v\x00", path, len(text), err != nil)
		h.Write(text)
		if errors.Is(err, slowfs.ErrNoAnswer) {
			break
		}
	}
	return fingerprint(h.Sum(nil))
}
