package sidecar

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
)

// reading is what was found at a path.
type reading struct {
	path     string
	gone     bool
	next     *file // nil if it has not changed, or cannot be used
	err      error // why it cannot be used
	warnings []string
}

// readers is how many files are read at once.
const readers = 16

// readAll reads files of services. One that hangs holds up none of the others.
func (l *look) readAll(paths []string) []reading {
	found := make([]reading, len(paths))
	var all sync.WaitGroup
	free := make(chan struct{}, readers)
	for i, path := range paths {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			found[i] = l.read(path)
		})
	}
	all.Wait()
	return found
}

// read reads a file of services.
func (l *look) read(path string) reading {
	world := l.server.opts.World
	content, err := world.ReadFile(l.ctx, path)
	if errors.Is(err, fs.ErrNotExist) {
		return reading{path: path, gone: true}
	}
	if err != nil {
		return reading{path: path, err: fmt.Errorf("read services: %w", err)}
	}
	if known := l.dynamic[path]; known != nil && !l.reread && l.sign(l.ctx, content, known.refs) == known.seen {
		return reading{path: path}
	}
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	next, err := parseServices(l.ctx, path, name, content, world, l.main.Defaults)
	if err != nil {
		return reading{path: path, err: err}
	}
	return reading{path: path, warnings: next.Warnings, next: &file{
		seen: l.sign(l.ctx, content, next.files), services: next.Services, refs: next.files,
	}}
}

// take notes what was found at a path.
func (l *look) take(r reading) {
	if r.err != nil {
		l.report(r.err)
		if l.dynamic[r.path] == nil {
			l.dynamic[r.path] = &file{}
		}
	}
	if r.next == nil {
		return
	}
	l.dynamic[r.path], l.changed = r.next, true
	l.warn(r.path, r.warnings)
	l.server.metrics.reloads.WithLabelValues("success").Inc()
}
