package sidecar

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// quiet is how long the files have to be left alone before they are read: who
// writes one may not be done.
const quiet = 200 * time.Millisecond

// watch reads the files again when they change, until ctx ends. Where the kernel
// does not tell of changes, it looks every reload_interval. What is removed is
// revoked without waiting.
func (f *files) watch(ctx context.Context) {
	watcher, err := fsnotify.NewWatcher()
	var events <-chan fsnotify.Event
	var lost <-chan error
	if err != nil {
		f.server.opts.Log.Warn("changes of files are found by looking for them only", "error", err)
	} else {
		defer watcher.Close()
		events, lost = watcher.Events, watcher.Errors
	}
	settled := time.NewTimer(time.Hour)
	settled.Stop()
	var since time.Time // of the first change that has not been read
	interval := f.follow(watcher)
	look := time.NewTicker(interval) // which events that do not matter must not put off
	defer look.Stop()
	load := func() {
		since = time.Time{}
		f.load()
		if next := f.follow(watcher); next != interval {
			interval = next
			look.Reset(interval)
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-events:
			if e.Op == fsnotify.Chmod || !f.matters(filepath.Clean(e.Name)) {
				continue
			}
			if e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename) {
				f.drop()
			}
			if since.IsZero() {
				since = time.Now()
			}
			settled.Reset(min(quiet, max(0, interval-time.Since(since))))
		case <-lost:
			load()
		case <-settled.C:
			load()
		case <-look.C:
			load()
		}
	}
}

// follow watches the folders of all files, and returns how often to look. watcher
// may be nil.
func (f *files) follow(watcher *fsnotify.Watcher) (interval time.Duration) {
	f.mu.Lock()
	folders := f.folders()
	interval = time.Duration(max(f.main.Dynamic.ReloadInterval, 1)) * time.Second
	f.mu.Unlock()
	if watcher == nil {
		return interval
	}
	for _, watched := range watcher.WatchList() {
		if !folders[watched] {
			watcher.Remove(watched) // it may be gone
		}
		delete(folders, watched)
	}
	for folder := range folders {
		watcher.Add(folder) // if that fails, it is looked at all the same
	}
	return interval
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
	for _, dir := range f.directories() {
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
	for _, dir := range f.directories() {
		folders[filepath.Clean(dir.Path)] = true
	}
	return folders
}
