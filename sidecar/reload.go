package sidecar

import (
	"context"
	"encoding/json"
	"fmt"

	"sluice/sidecar/config"
)

// reload reads what has changed and puts it in force. A file that cannot be used
// is reported once, and its last good content stays in force.
func (f *files) reload(ctx context.Context) {
	f.reloading.Lock()
	defer f.reloading.Unlock()
	f.mu.Lock()
	f.revised = map[string]*file{}
	s := f.newScan(ctx)
	f.mu.Unlock()
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
