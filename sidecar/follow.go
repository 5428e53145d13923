package sidecar

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// follow watches the folders of all files. What hangs is left to the next time; folders that
// cannot be watched are looked at all the same.
func (w *watch) follow(ctx context.Context) {
	if w.watcher == nil {
		return
	}
	w.mu.Lock()
	folders := w.folders()
	w.mu.Unlock()
	w.disk.do(ctx, "watch", "folders", maxPending, func() (any, error) {
		for _, watched := range w.watcher.WatchList() {
			if !folders[watched] {
				w.watcher.Remove(watched) // it may be gone
			}
			delete(folders, watched)
		}
		var all sync.WaitGroup
		for folder := range folders {
			all.Go(func() {
				if _, err := w.disk.Stat(ctx, folder); err == nil { // which would hang if watching would
					w.watcher.Add(folder)
				}
			})
		}
		all.Wait()
		return nil, nil
	})
}

// matters tells whether an event is of a file that is read. Others change all the
// time in such folders, a log, say. Kubernetes swaps names that begin with two
// dots; other links that are swapped are noticed when they are looked at.
func (f *files) matters(path string) bool {
	if strings.HasPrefix(filepath.Base(path), "..") {
		return true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, dir := range f.directories(f.main) {
		if filepath.Clean(dir.Path) == filepath.Dir(path) && dir.takes(path) {
			return true
		}
	}
	return slices.Contains(f.paths(), path)
}

// paths are the files that are read. It is called with mu held.
func (f *files) paths() []string {
	paths := slices.Clone(f.main.files)
	if f.server.opts.File != "" {
		paths = append(paths, f.server.opts.File)
	}
	for path, each := range f.dynamic {
		paths = append(append(paths, path), each.refs...)
	}
	for i := range paths {
		paths[i] = filepath.Clean(paths[i])
	}
	return paths
}

// folders are where they are. It is called with mu held.
func (f *files) folders() map[string]bool {
	folders := map[string]bool{}
	for _, path := range f.paths() {
		folders[filepath.Dir(path)] = true
	}
	for _, dir := range f.directories(f.main) {
		folders[filepath.Clean(dir.Path)] = true
	}
	return folders
}
