package sidecar

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// debounceInterval is how long files have to be left alone before they are read:
// the writer may not be finished.
const debounceInterval = 200 * time.Millisecond

// watch reads the files again when they change, until ctx ends. It also does so
// every reload_interval, since not all file systems report changes. It revokes
// what is removed at once, even while a reload hangs.
func (f *files) watch(ctx context.Context) {
	w := &watcher{
		files:     f,
		requested: make(chan struct{}, 1),
		reloaded:  make(chan struct{}, 1),
		debounce:  time.NewTimer(time.Hour),
	}
	w.debounce.Stop()
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		f.server.opts.Log.Warn("changes of files are only noticed every reload_interval", "error", err)
	} else {
		defer f.fs.Do(context.Background(), "close", "watcher", notify.Close) // which may hang
		w.notify, w.events, w.overflows = notify, notify.Events, notify.Errors
	}
	var loader sync.WaitGroup
	defer loader.Wait()
	loader.Go(func() { w.reloadOnRequest(ctx) })
	w.run(ctx)
}

// watcher decides when the files are read.
type watcher struct {
	*files
	notify    *fsnotify.Watcher // nil if the kernel does not report changes
	events    <-chan fsnotify.Event
	overflows <-chan error  // events were lost
	requested chan struct{} // holds one if a reload is due
	reloaded  chan struct{} // holds one after a reload

	debounce    *time.Timer
	firstChange time.Time // that has not been read yet; zero for none
}

// run waits for reasons to reload.
func (w *watcher) run(ctx context.Context) {
	interval := w.reloadInterval()
	tick := time.NewTicker(interval) // apart from debounce, which events may put off
	defer tick.Stop()
	alive, stop := w.server.aliveTicks()
	defer stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-w.events:
			w.handleEvent(ctx, e, interval)
		case <-w.server.opts.Reload:
			w.server.opts.Log.Info("reading the configuration again")
			w.requestReload()
		case <-w.overflows:
			w.requestReload()
		case <-w.debounce.C:
			w.requestReload()
		case <-tick.C:
			w.requestReload()
		case <-alive:
			w.server.registry.all() // which waits for the lock of the services
			w.server.opts.OnAlive()
		case <-w.reloaded:
			if next := w.reloadInterval(); next != interval {
				interval = next
				tick.Reset(interval)
			}
		}
	}
}

// aliveTicks returns when to call OnAlive.
func (s *Server) aliveTicks() (ticks <-chan time.Time, stop func()) {
	if s.opts.OnAlive == nil || s.opts.AliveInterval <= 0 {
		return nil, func() {}
	}
	ticker := time.NewTicker(s.opts.AliveInterval)
	return ticker.C, ticker.Stop
}

// requestReload has the files read, after the reload under way if there is one.
func (w *watcher) requestReload() {
	w.firstChange = time.Time{}
	signal(w.requested)
}

// reloadOnRequest reloads when it is due, and watches the folders of what it finds.
func (w *watcher) reloadOnRequest(ctx context.Context) {
	w.updateWatches(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.requested:
			w.reload(ctx)
			w.updateWatches(ctx)
			signal(w.reloaded)
		}
	}
}

// signal sends to a channel that holds one, unless it is full.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// handleEvent takes notice of a change.
func (w *watcher) handleEvent(ctx context.Context, e fsnotify.Event, interval time.Duration) {
	path := filepath.Clean(e.Name)
	if e.Op == fsnotify.Chmod || !w.isRelevant(path) {
		return
	}
	if (e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename)) && w.isKnown(path) {
		w.revokeMissing(ctx)
	}
	if w.firstChange.IsZero() {
		w.firstChange = time.Now()
	}
	w.debounce.Reset(min(debounceInterval, max(0, interval-time.Since(w.firstChange))))
}

// reloadInterval returns how often the files are read.
func (f *files) reloadInterval() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return time.Duration(max(f.main.Dynamic.ReloadInterval, 1)) * time.Second
}

// isKnown reports whether a path is that of a file of services.
func (f *files) isKnown(path string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dynamic[path] != nil
}
