package main

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"sluice/conf"
	"sluice/creds/standard"
	"sluice/internal/contain"
	"sluice/output"
	"sluice/output/status"
	"sluice/setup"
)

// instance is one output of Fluent Bit's configuration.
type instance struct {
	host hostInstance
	conf conf.Config
	out  *output.Output
	ok   acks

	metrics *metrics         // nil if the host has no place for them
	socket  *status.Listener // nil if the folder cannot have one

	stop       context.CancelFunc // ends the background work
	background sync.WaitGroup

	workerOnce sync.Once
	worker     bool // a worker thread has flushed to it
}

// newInstance reads the whole configuration and opens the output.
func newInstance(name string, h hostInstance, sources *standard.Sources) (*instance, error) {
	cfg, err := configure(h, sources)
	if err != nil {
		return nil, err
	}
	for _, w := range cfg.Warnings {
		h.logf(levelWarn, "%s", w)
	}
	log := slog.New(logHandler{write: engineLog.line, who: h.who, level: slogLevel(h.maxLevel())})
	findRegion := setup.FindRegion(cfg, sources)
	provider := sources.Provider(setup.Credentials(cfg))
	dir := filepath.Join(cfg.StoreDir, folderName(name))
	out, err := output.New(output.Options{
		Config:      cfg,
		Name:        name,
		Dir:         dir,
		Credentials: provider,
		Clock:       sources.Clock(),
		FindRegion:  findRegion,
		Log:         log,
		Writer:      "sluice " + version,
	})
	if err != nil {
		return nil, err
	}
	if inMemory(dir) {
		h.logf(levelWarn, "set store_dir to a folder on a disk: %q is in memory, "+
			"so what is not yet in S3 is lost when the machine stops", cfg.StoreDir)
	}
	h.logf(levelInfo, "bucket=%s region=%s compression=%s total_file_size=%d upload_timeout=%v spool=%s",
		cfg.Bucket, cfg.Region, cfg.Compression, cfg.TotalFileSize, cfg.UploadTimeout, dir)
	ctx, cancel := context.WithCancel(context.Background())
	i := &instance{host: h, conf: cfg, out: out, stop: cancel}
	i.background.Go(func() { i.sayRegion(ctx, findRegion) })
	i.background.Go(func() { out.ReportStart(ctx, setup.Identify(cfg, sources)) })
	i.metrics = newMetrics(h, name, out.Status)
	if i.socket, err = status.Listen(dir, out.Status); err != nil {
		h.logf(levelWarn, "sluice status will not reach this output: %v", err)
	}
	if cfg.PprofListen != "" {
		if err := i.servePprof(ctx, cfg.PprofListen); err != nil {
			h.logf(levelWarn, "%v", err) // logs are shipped without profiles
		}
	}
	return i, nil
}

// sayRegion logs in which region the bucket is looked for, if the configuration leaves that open.
func (i *instance) sayRegion(ctx context.Context, find func(context.Context) string) {
	if find == nil {
		return
	}
	region, whose := find(ctx), "the instance's"
	if region == "" {
		region, whose = i.conf.Region, "the default"
	}
	if ctx.Err() == nil {
		i.host.logf(levelInfo, "region %s is %s, since none is set", region, whose)
	}
}

// configure reads every property now: the host must not be asked later.
func configure(h hostInstance, sources *standard.Sources) (conf.Config, error) {
	cfg, err := setup.Parse(h.property, sources)
	if misspelt := conf.Misspelt(h.property); len(misspelt) > 0 {
		var known conf.Mistakes
		errors.As(err, &known)
		return cfg, append(known, misspelt...)
	}
	return cfg, err
}

// folderName returns an alias as the name of a folder.
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

// flush makes a chunk durable. It works on a goroutine of its own: the callback runs on a
// coroutine's stack of 24 or 64 KiB without a guard page (flb_coro.h:80).
func (i *instance) flush(tag string, chunk []byte) error {
	done := make(chan error, 1)
	go func() { done <- contain.Do(func() error { return i.out.Flush(tag, chunk) }) }()
	err := <-done
	if err == nil {
		i.ok.add(len(chunk))
	}
	return err
}

// markWorkerFlush records that flushes come from worker threads, and warns once about what
// Fluent Bit does with them at a hot reload.
func (i *instance) markWorkerFlush() {
	i.workerOnce.Do(func() {
		i.worker = true
		if loader.hotReload.Load() {
			i.host.logf(levelWarn,
				"set workers 0, or restart instead of reloading: hot reload is enabled and this output has "+
					"workers, and Fluent Bit 2.2 to 5.1 leaks the threads of Go outputs at a reload and may crash")
		}
	})
}

// beginShutdown starts to ship everything.
func (i *instance) beginShutdown() {
	_ = contain.Do(func() error { i.out.BeginShutdown(); return nil }) // close will report the panic, too
}

// close ships what is left until exit_timeout after the stop began.
func (i *instance) close(began time.Time) {
	if i.worker && loader.reloading.Load() {
		i.host.logf(levelWarn,
			"restart Fluent Bit when you can: it may crash after this hot reload of an output with workers")
	}
	unacked := i.ok.unacked(i.host.metrics())
	i.host.logf(levelDebug, "Fluent Bit had not recorded %d answers before the stop; their chunks will be recognised",
		unacked)
	ctx, cancel := context.WithDeadline(context.Background(), began.Add(i.conf.ExitTimeout))
	defer cancel()
	done := make(chan error, 1)
	go func() {
		i.stop()
		i.background.Wait()
		err := contain.Do(func() error { return i.out.Close(ctx, unacked) })
		i.endReports() // before Exit returns: the host then destroys the metrics
		done <- err
	}()
	if err := <-done; err != nil {
		i.host.logf(levelError, "stop: %v", err)
	}
}

// endReports ends what tells others about the output.
func (i *instance) endReports() {
	if i.socket != nil {
		_ = i.socket.Close() // a socket that is left is replaced at the next start
	}
	if i.metrics != nil {
		i.metrics.close(i.out.Status())
	}
}
