package sidecar

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// updateWatches watches the folders of all files, and no others. What hangs is
// left to the next time; folders that cannot be watched are still read every
// reload_interval.
func (w *watcher) updateWatches(ctx context.Context) {
	if w.notify == nil {
		return
	}
	w.mu.Lock()
	folders := w.folders()
	w.mu.Unlock()
	w.fs.Do(ctx, "watch", "folders", func() error {
		for _, watched := range w.notify.WatchList() {
			if !folders[watched] {
				w.notify.Remove(watched) // it may be gone
			}
			delete(folders, watched)
		}
		var all sync.WaitGroup
		for folder := range folders {
			all.Go(func() {
				if _, err := w.fs.Stat(ctx, folder); err == nil { // which hangs if watching would
					w.notify.Add(folder)
				}
			})
		}
		all.Wait()
		return nil
	})
}

// isRelevant reports whether a change of a path may change what is in force.
// Folders also hold files that change all the time, such as logs. Kubernetes swaps
// links whose names begin with two dots; other links that are swapped are noticed
// within reload_interval.
func (f *files) isRelevant(path string) bool {
	if strings.HasPrefix(filepath.Base(path), "..") {
		return true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, dir := range f.directories(f.main) {
		if filepath.Clean(dir.Path) == filepath.Dir(path) && dir.Matches(path) {
			return true
		}
	}
	return slices.Contains(f.paths(), path)
}

// paths returns all files that are read. It is called with mu held.
func (f *files) paths() []string {
	paths := slices.Clone(f.main.References)
	if f.server.opts.File != "" {
		paths = append(paths, f.server.opts.File)
	}
	for path, each := range f.dynamic {
		paths = append(append(paths, path), each.references...)
	}
	for i := range paths {
		paths[i] = filepath.Clean(paths[i])
	}
	return paths
}

// folders returns the folders of all files. It is called with mu held.
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
