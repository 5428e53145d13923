package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"sluice/conf"
	"sluice/creds/standard"
	"sluice/internal/contain"
	"sluice/output"
	"sluice/setup"
)

// instance is one output of Fluent Bit's configuration.
type instance struct {
	host hostInstance
	conf conf.Config
	out  *output.Output
	ok   acks

	stop       context.CancelFunc // of what goes on in the background
	background sync.WaitGroup

	workerOnce sync.Once
	worker     bool // has been flushed by a worker thread
}

// newInstance reads the configuration, all of it, and opens the output.
func newInstance(name string, h hostInstance, sources *standard.Sources) (*instance, error) {
	cfg, err := configure(h, sources)
	if err != nil {
		return nil, err
	}
	for _, w := range cfg.Warnings {
		h.logf(levelWarn, "%s", w)
	}
	log := slog.New(logHandler{out: os.Stderr, who: h.who, level: slogLevel(h.maxLevel())})
	provider := sources.Provider(setup.Credentials(cfg))
	dir := filepath.Join(cfg.StoreDir, folderName(name))
	out, err := output.New(output.Options{Config: cfg, Dir: dir, Credentials: provider, Clock: sources.Clock(), Log: log, Writer: "sluice " + version})
	if err != nil {
		return nil, err
	}
	if inMemory(dir) {
		h.logf(levelWarn, "store_dir %q is kept in memory: what is not yet in S3 is lost when the machine stops; set store_dir to a disk", cfg.StoreDir)
	}
	h.logf(levelInfo, "bucket=%s region=%s compression=%s total_file_size=%d upload_timeout=%v spool=%s", cfg.Bucket, cfg.Region, cfg.Compression, cfg.TotalFileSize, cfg.UploadTimeout, dir)
	ctx, cancel := context.WithCancel(context.Background())
	i := &instance{host: h, conf: cfg, out: out, stop: cancel}
	i.background.Go(func() { tellCredentials(ctx, log, provider, cfg.Profile) })
	if cfg.PprofListen != "" {
		if err := i.servePprof(ctx, cfg.PprofListen); err != nil {
			h.logf(levelWarn, "%v", err) // logs go their way without profiles
		}
	}
	return i, nil
}

// configure reads every property now: nothing of the host is asked later.
func configure(h hostInstance, sources *standard.Sources) (conf.Config, error) {
	cfg, err := setup.Parse(h.property, sources)
	if misspelt := conf.Misspelt(h.property); len(misspelt) > 0 {
		known, _ := err.(conf.Mistakes)
		return cfg, append(known, misspelt...)
	}
	return cfg, err
}

// folderName makes an alias fit for a path.
func folderName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:`, r) {
			return '_'
		}
		return r
	}, name)
	if name == "." || name == ".." {
		return "_"
	}
	return name
}

// flush makes a chunk durable. The work is done on a goroutine of its own: the
// callback's system stack is a coroutine's of 24 or 64 KiB without a guard page
// (flb_coro.h:80), and what runs there must stay shallow.
func (i *instance) flush(tag string, chunk []byte) error {
	done := make(chan error, 1)
	go func() { done <- contain.Do(func() error { return i.out.Flush(tag, chunk) }) }()
	err := <-done
	if err == nil {
		i.ok.add(len(chunk))
	}
	return err
}

// onWorker notes that flushes come from worker threads, and warns once of what
// Fluent Bit does with them at a hot reload.
func (i *instance) onWorker() {
	i.workerOnce.Do(func() {
		i.worker = true
		if loader.hotReload.Load() {
			i.host.logf(levelWarn, "hot reload is enabled and this output has workers: Fluent Bit 2.2 to 5.1 leaks the threads of Go outputs at a reload and may crash; set workers 0 or restart instead of reloading")
		}
	})
}

// drain begins to ship everything.
func (i *instance) drain() {
	_ = contain.Do(func() error { i.out.BeginShutdown(); return nil }) // close will tell
}

// close drains until exit_timeout after the stop has begun.
func (i *instance) close(began time.Time) {
	if i.worker && loader.reloading.Load() {
		i.host.logf(levelWarn, "hot reload of an output with workers: Fluent Bit may crash later; restart it when you can")
	}
	unacked := i.ok.unacked(i.host.metrics())
	i.host.logf(levelDebug, "%d answers were not noted before the stop; their chunks will be recognised", unacked)
	ctx, cancel := context.WithDeadline(context.Background(), began.Add(i.conf.ExitTimeout))
	defer cancel()
	done := make(chan error, 1)
	go func() {
		i.stop()
		i.background.Wait()
		done <- contain.Do(func() error { return i.out.Close(ctx, unacked) })
	}()
	if err := <-done; err != nil {
		i.host.logf(levelError, "stop: %v", err)
	}
}
