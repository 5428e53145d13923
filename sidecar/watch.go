package sidecar

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// quiet is how long the files have to be left alone before they are read: who
// writes one may not be done.
const quiet = 200 * time.Millisecond

// watch reads the files again when they change, until ctx ends. Where the kernel
// does not tell of changes, it looks every reload_interval. What is removed is
// revoked without waiting, for a look that hangs, too.
func (f *files) watch(ctx context.Context) {
	w := &watch{files: f, wanted: make(chan struct{}, 1), loaded: make(chan struct{}, 1)}
	w.settled = time.NewTimer(time.Hour)
	w.settled.Stop()
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		f.server.opts.Log.Warn("changes of files are found by looking for them only", "error", err)
	} else {
		closeWatcher := func() (any, error) { return nil, watcher.Close() }
		defer f.disk.do(context.Background(), "close", "watcher", maxPending, closeWatcher) // which may hang
		w.watcher, w.events, w.lost = watcher, watcher.Events, watcher.Errors
	}
	var loader sync.WaitGroup
	defer loader.Wait()
	loader.Go(func() { w.load(ctx) })
	w.run(ctx)
}

// watch has the files read.
type watch struct {
	*files
	watcher *fsnotify.Watcher // nil without notices from the kernel
	events  <-chan fsnotify.Event
	lost    <-chan error
	wanted  chan struct{} // has one if the files are to be read
	loaded  chan struct{} // has one if they were

	settled *time.Timer
	since   time.Time // of the first change that has not been read
}

// run waits for what has the files read.
func (w *watch) run(ctx context.Context) {
	interval := w.interval()
	look := time.NewTicker(interval) // which events that do not matter must not put off
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-w.events:
			w.event(ctx, e, interval)
		case <-w.server.opts.Reload:
			w.server.opts.Log.Info("reading the configuration again")
			w.want()
		case <-w.lost:
			w.want()
		case <-w.settled.C:
			w.want()
		case <-look.C:
			w.want()
		case <-w.loaded:
			if next := w.interval(); next != interval {
				interval = next
				look.Reset(interval)
			}
		}
	}
}

// want has the files read, once the reading that is under way has ended.
func (w *watch) want() {
	w.since = time.Time{}
	notify(w.wanted)
}

// load reads the files when they are to be read, and watches their folders.
func (w *watch) load(ctx context.Context) {
	w.follow(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wanted:
			w.files.load(ctx)
			w.follow(ctx)
			notify(w.loaded)
		}
	}
}

func notify(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// event takes notice of a change.
func (w *watch) event(ctx context.Context, e fsnotify.Event, interval time.Duration) {
	path := filepath.Clean(e.Name)
	if e.Op == fsnotify.Chmod || !w.matters(path) {
		return
	}
	if (e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename)) && w.knows(path) {
		w.drop(ctx)
	}
	if w.since.IsZero() {
		w.since = time.Now()
	}
	w.settled.Reset(min(quiet, max(0, interval-time.Since(w.since))))
}

// interval is how often to look.
func (f *files) interval() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return time.Duration(max(f.main.Dynamic.ReloadInterval, 1)) * time.Second
}

// knows reports whether a file of services is in force.
func (f *files) knows(path string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dynamic[path] != nil
}
