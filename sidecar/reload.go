package sidecar

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"sluice/sidecar/config"
)

// reload reads what has changed and puts it in force. A file that cannot be used
// is reported once, and its last good content stays in force.
func (f *files) reload(ctx context.Context) {
	f.reloading.Lock()
	defer f.reloading.Unlock()
	s := f.newScan(ctx)
	s.readMain()
	s.readFolders()
	if ctx.Err() != nil {
		return // what was not seen is not gone
	}
	f.reported = s.problems
	f.mu.Lock()
	defer f.mu.Unlock()
	for path, each := range f.revised {
		s.changed = true
		if each == nil {
			delete(s.dynamic, path)
		} else {
			s.dynamic[path] = each
		}
	}
	f.main, f.dynamic, f.revised = s.main, s.dynamic, nil
	if s.changed || f.conflicts == nil {
		f.apply()
	}
}

// scan is one pass over all files. What it finds is put in force at its end.
type scan struct {
	*files
	ctx      context.Context
	main     *config.Config
	dynamic  map[string]*file
	problems map[string]bool
	reread   bool // also files that have not changed
	changed  bool // there is something to put in force
}

func (f *files) newScan(ctx context.Context) *scan {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.revised = map[string]*file{}
	return &scan{files: f, ctx: ctx, main: f.main, dynamic: maps.Clone(f.dynamic), problems: map[string]bool{}}
}

// report logs a problem, unless the last reload had it too.
func (s *scan) report(err error) {
	s.problems[err.Error()] = true
	s.logProblem(s.reported, err)
}

// logProblem logs a problem that is not known yet.
func (f *files) logProblem(known map[string]bool, err error) {
	if !known[err.Error()] {
		f.server.opts.Log.Error("configuration is not used; what was in force stays", "error", err)
		f.server.metrics.reloads.WithLabelValues("error").Inc()
	}
}

func (f *files) logWarnings(path string, warnings []string) {
	for _, warning := range warnings {
		f.server.opts.Log.Warn(warning, "file", path)
	}
}

// readMain reads the main file, if it or one of its references has changed.
func (s *scan) readMain() {
	path := s.server.opts.File
	if path == "" {
		return
	}
	content, err := s.server.opts.Environment.ReadFile(s.ctx, path)
	if s.ctx.Err() != nil {
		return
	}
	if err != nil {
		s.report(fmt.Errorf("read configuration: %w", err))
		return
	}
	if s.fingerprint(s.ctx, content, s.main.References) == s.mainPrint {
		return
	}
	next, err := config.Parse(s.ctx, path, content, s.server.opts.Environment)
	if s.ctx.Err() != nil {
		return
	}
	if err != nil {
		s.report(err)
		return
	}
	for _, part := range restartNeeded(s.main, next) {
		s.server.opts.Log.Warn("a change takes effect only after a restart", "setting", part)
	}
	s.logWarnings(path, next.Warnings)
	s.main, s.mainPrint, s.changed = next, s.fingerprint(s.ctx, content, next.References), true
	s.reread = true // the defaults may have changed
	s.server.metrics.reloads.WithLabelValues("success").Inc()
}

// restartNeeded lists the settings that have changed and are not applied.
func restartNeeded(before, after *config.Config) (settings []string) {
	for _, each := range []struct {
		name          string
		before, after any
	}{
		{"server", before.Server, after.Server},
		{"credentials", before.Credentials, after.Credentials},
		{"metrics", before.Metrics, after.Metrics},
	} {
		old, _ := json.Marshal(each.before) // plain data always marshals
		next, _ := json.Marshal(each.after)
		if string(old) != string(next) {
			settings = append(settings, each.name)
		}
	}
	return settings
}

// list lists the files of all folders. kept has the known files of folders that
// cannot be listed: what cannot be seen is not gone.
func (s *scan) list() (paths []string, kept map[string]bool, failed []error) {
	kept = map[string]bool{}
	for _, dir := range s.directories(s.main) {
		found, err := dir.Files(func(path string) ([]fs.DirEntry, error) {
			return s.server.opts.Environment.ReadDir(s.ctx, path)
		})
		paths = append(paths, found...)
		if err == nil {
			continue
		}
		failed = append(failed, fmt.Errorf("read services: %w", err))
		for path := range s.dynamic {
			kept[path] = kept[path] || filepath.Dir(path) == filepath.Clean(dir.Path)
		}
	}
	return paths, kept, failed
}

// readFolders reads the folders' files that have changed.
func (s *scan) readFolders() {
	paths, kept, failed := s.list()
	results := s.readAll(paths)
	if slices.ContainsFunc(results, func(r fileResult) bool { return r.gone }) {
		results = append(results, s.readRenamed(paths)...)
	}
	if s.ctx.Err() != nil {
		return
	}
	for _, err := range failed {
		s.report(err)
	}
	for _, each := range results {
		kept[each.path] = !each.gone || kept[each.path]
		s.accept(each)
	}
	for path := range s.dynamic {
		if !kept[path] {
			delete(s.dynamic, path)
			s.changed = true
		}
	}
}

// readRenamed reads the files that have appeared since paths were listed: one of
// them may be the new name of a file that is gone.
func (s *scan) readRenamed(paths []string) []fileResult {
	slices.Sort(paths)
	again, _, _ := s.list()
	return s.readAll(slices.DeleteFunc(again, func(path string) bool {
		_, known := slices.BinarySearch(paths, path)
		return known
	}))
}
