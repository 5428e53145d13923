package sidecar

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
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
	if err != nil {
		f.server.opts.Log.Warn("changes of files are found by looking for them only", "error", err)
		watcher = &fsnotify.Watcher{} // its channels never have anything
	} else {
		defer watcher.Close()
	}
	settled := time.NewTimer(time.Hour)
	settled.Stop()
	var since time.Time // of the first change that has not been read
	for {
		interval := f.follow(watcher)
		select {
		case <-ctx.Done():
			return
		case e := <-watcher.Events:
			if e.Op == fsnotify.Chmod {
				continue
			}
			if e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename) {
				f.drop()
			}
			if since.IsZero() {
				since = time.Now()
			}
			settled.Reset(min(quiet, max(0, interval-time.Since(since))))
		case <-watcher.Errors: // events were lost
			f.load()
		case <-settled.C:
			since = time.Time{}
			f.load()
		case <-time.After(interval):
			f.load()
		}
	}
}

// follow watches the folders of all files, and returns how often to look.
func (f *files) follow(watcher *fsnotify.Watcher) (interval time.Duration) {
	f.mu.Lock()
	folders := f.folders()
	interval = time.Duration(max(f.main.Dynamic.ReloadInterval, 1)) * time.Second
	f.mu.Unlock()
	for _, watched := range watcher.WatchList() {
		if !folders[watched] {
			watcher.Remove(watched) // it may be gone
		}
		delete(folders, watched)
	}
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		if err := watcher.Add(folder); err != nil {
			f.server.opts.Log.Debug("folder is not watched, but looked at", "folder", folder, "error", err)
		}
	}
	return interval
}

// folders are where files are that matter. It is called with mu held.
func (f *files) folders() map[string]bool {
	folders := map[string]bool{}
	paths := slices.Clone(f.main.files)
	if f.server.opts.File != "" {
		paths = append(paths, f.server.opts.File)
	}
	for path, each := range f.dynamic {
		paths = append(append(paths, path), each.refs...)
	}
	for _, path := range paths {
		folders[filepath.Dir(path)] = true
	}
	for _, dir := range f.directories() {
		folders[filepath.Clean(dir.Path)] = true
	}
	return folders
}
