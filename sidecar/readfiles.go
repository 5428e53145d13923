package sidecar

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"

	"sluice/sidecar/config"
)

// fileResult is what was found at a path.
type fileResult struct {
	path     string
	gone     bool
	next     *file // nil if it has not changed or cannot be used
	err      error // why it cannot be used
	warnings []string
}

// maxReaders is how many files are read at once.
const maxReaders = 16

// readAll reads files of services. One that hangs does not hold up the others.
func (s *scan) readAll(paths []string) []fileResult {
	results := make([]fileResult, len(paths))
	var all sync.WaitGroup
	free := make(chan struct{}, maxReaders)
	for i, path := range paths {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			results[i] = s.readFile(path)
		})
	}
	all.Wait()
	return results
}

// readFile reads a file of services.
func (s *scan) readFile(path string) fileResult {
	env := s.server.opts.Environment
	content, err := env.ReadFile(s.ctx, path)
	if errors.Is(err, fs.ErrNotExist) {
		return fileResult{path: path, gone: true}
	}
	if err != nil {
		return fileResult{path: path, err: fmt.Errorf("read services: %w", err)}
	}
	known := s.dynamic[path]
	if known != nil && !s.reread && s.fingerprint(s.ctx, content, known.references) == known.print {
		return fileResult{path: path}
	}
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	next, err := config.ParseServices(s.ctx, path, name, content, env, s.main.Defaults)
	if err != nil {
		return fileResult{path: path, err: err}
	}
	return fileResult{path: path, warnings: next.Warnings, next: &file{
		print:      s.fingerprint(s.ctx, content, next.References),
		services:   next.Services,
		references: next.References,
	}}
}

// accept takes over what was found at a path.
func (s *scan) accept(r fileResult) {
	if r.err != nil {
		s.report(r.err)
		if s.dynamic[r.path] == nil {
			s.dynamic[r.path] = &file{}
		}
	}
	if r.next == nil {
		return
	}
	s.dynamic[r.path], s.changed = r.next, true
	s.logWarnings(r.path, r.warnings)
	s.server.metrics.reloads.WithLabelValues("success").Inc()
}
