package sidecar

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"sluice/sidecar/config"
)

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

// newScan begins a scan of what is known now. It is called with mu held.
func (f *files) newScan(ctx context.Context) *scan {
	return &scan{
		files:    f,
		ctx:      ctx,
		main:     f.main,
		dynamic:  maps.Clone(f.dynamic),
		problems: map[string]bool{},
	}
}

// report logs a problem, unless the last reload had it too.
func (s *scan) report(err error) {
	s.problems[err.Error()] = true
	s.logProblem(s.reported, err)
}

// logProblem logs a problem that is not known yet.
func (f *files) logProblem(known map[string]bool, err error) {
	if !known[err.Error()] {
		f.server.opts.Log.Error("configuration cannot be used; the previous one stays in force", "error", err)
		f.server.metrics.reloads.WithLabelValues("error").Inc()
	}
}

func (f *files) logWarnings(path string, warnings []string) {
	for _, warning := range warnings {
		f.server.opts.Log.Warn(warning, "file", path)
	}
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
