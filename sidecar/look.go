package sidecar

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
)

// look is one look at the files. What it finds is put in force when it has ended.
type look struct {
	*files
	ctx      context.Context
	main     *Config
	dynamic  map[string]*file
	problems map[string]bool
	reread   bool // files that have not changed, too
	changed  bool // something is to be put in force
}

// report logs a problem, unless the last look had it, too.
func (l *look) report(err error) {
	l.problems[err.Error()] = true
	l.log(l.reported, err)
}

func (f *files) log(known map[string]bool, err error) {
	if !known[err.Error()] {
		f.server.opts.Log.Error("configuration is not used; what was in force stays", "error", err)
		f.server.metrics.reloads.WithLabelValues("error").Inc()
	}
}

func (l *look) readMain() {
	path := l.server.opts.File
	if path == "" {
		return
	}
	content, err := l.server.opts.World.ReadFile(l.ctx, path)
	if l.ctx.Err() != nil {
		return
	}
	if err != nil {
		l.report(fmt.Errorf("read configuration: %w", err))
		return
	}
	if l.sign(l.ctx, content, l.main.files) == l.mainSeen {
		return
	}
	next, err := Parse(l.ctx, path, content, l.server.opts.World)
	if l.ctx.Err() != nil {
		return
	}
	if err != nil {
		l.report(err)
		return
	}
	for _, part := range restartNeeded(l.main, next) {
		l.server.opts.Log.Warn("a change takes effect after a restart only", "setting", part)
	}
	l.warn(path, next.Warnings)
	l.main, l.mainSeen, l.changed = next, l.sign(l.ctx, content, next.files), true
	l.reread = true // the defaults may be others
	l.server.metrics.reloads.WithLabelValues("success").Inc()
}

func (f *files) warn(path string, warnings []string) {
	for _, warning := range warnings {
		f.server.opts.Log.Warn(warning, "file", path)
	}
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

// list lists the files of all folders. kept are those that are known of folders that cannot be
// listed: what cannot be seen is not gone.
func (l *look) list() (paths []string, kept map[string]bool, failed []error) {
	kept = map[string]bool{}
	for _, dir := range l.directories(l.main) {
		found, err := dir.files(func(path string) ([]fs.DirEntry, error) {
			return l.server.opts.World.ReadDir(l.ctx, path)
		})
		paths = append(paths, found...)
		if err == nil {
			continue
		}
		failed = append(failed, fmt.Errorf("read services: %w", err))
		for path := range l.dynamic {
			kept[path] = kept[path] || filepath.Dir(path) == filepath.Clean(dir.Path)
		}
	}
	return paths, kept, failed
}

// readFolders looks at the folders' files.
func (l *look) readFolders() {
	paths, there, failed := l.list()
	found := l.readAll(paths)
	if slices.ContainsFunc(found, func(r reading) bool { return r.gone }) { // it may have another name by now
		again, _, _ := l.list()
		slices.Sort(paths)
		found = append(found, l.readAll(slices.DeleteFunc(again, func(path string) bool {
			_, known := slices.BinarySearch(paths, path)
			return known
		}))...)
	}
	if l.ctx.Err() != nil {
		return
	}
	for _, err := range failed {
		l.report(err)
	}
	for _, each := range found {
		there[each.path] = !each.gone || there[each.path]
		l.take(each)
	}
	for path := range l.dynamic {
		if !there[path] {
			delete(l.dynamic, path)
			l.changed = true
		}
	}
}
