package output

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"sluice/conf"
	"sluice/creds"
	"sluice/output/s3"
	"sluice/spool"
)

// PushOptions of Push. All but Readmit, Bucket and Told are required.
type PushOptions struct {
	Dir     string // an output's folder, which nobody else may have
	Readmit bool   // push what is in quarantine, too
	Bucket  string // in place of those that the segments name; "" for these
	// Config makes a configuration of what a segment's meta says about its way
	// (properties by name, the bucket among them).
	Config      func(settings map[string]string) (conf.Config, error)
	Credentials func(conf.Config) creds.Provider
	Log         *slog.Logger
	Writer      string
	Told        func(Event) // is told what became of a segment; called by one goroutine at a time
}

// Pushed is what became of a spool.
type Pushed struct {
	Segments, Left int   // that were there, and that are still there
	Bytes          int64 // of the former, in the spool
	Aside          []Aside
}

// Push uploads what is in a spool, each segment to where it was meant to go. Each
// is tried once, its requests some times; what cannot be uploaded stays. show is
// told how much there is. Chunks that Fluent Bit may deliver again are recognised
// afterwards as they were before.
func Push(ctx context.Context, o PushOptions, show func(Pushed)) (Pushed, error) {
	if o.Told == nil {
		o.Told = func(Event) {}
	}
	cfg, err := o.Config(map[string]string{"bucket": "as each segment says"})
	if err != nil {
		return Pushed{}, err
	}
	cfg.Deduplicate, cfg.RetryLimit = true, conf.Unlimited
	before, err := asideBefore(o)
	if err != nil {
		return Pushed{}, err
	}
	ledger := &ledger{opts: o, records: map[uint64]int64{}}
	out := &Output{
		queue: newQueue(cfg.Ordered, cfg.UploadWorkers, time.Now), encoders: newSlots(cfg.EncodeWorkers),
		stores: &manyStores{opts: o, made: map[string]*s3.Store{}},
	}
	out.opts = Options{Config: cfg, Dir: o.Dir, Log: o.Log, Writer: o.Writer, Now: time.Now, Told: ledger.told}
	if err := out.openSpool(o.Readmit); err != nil {
		return Pushed{}, err
	}
	if o.Bucket != "" {
		out.sendTo(o.Bucket)
	}
	all := Pushed{Segments: out.queue.len(), Bytes: out.spool.Used()}
	show(all)
	out.start()
	all.Left = out.drain(ctx)
	err = errors.Join(ctx.Err(), out.spool.Close(spool.Unknown))
	if err == nil {
		all.Aside, err = ledger.aside(before)
	}
	return all, err
}

// sendTo has everything go to a bucket, whatever the segments name.
func (o *Output) sendTo(bucket string) {
	o.queue.update(func() {
		for _, l := range o.queue.lanes {
			for _, j := range l.jobs {
				j.bucket = bucket
			}
		}
	})
}

// manyStores go where each segment says.
type manyStores struct {
	opts PushOptions

	mu   sync.Mutex // guards made
	made map[string]*s3.Store
}

func (m *manyStores) of(segment meta) (*s3.Store, error) {
	settings := maps.Clone(segment.Settings)
	if settings == nil {
		settings = map[string]string{}
	}
	settings["bucket"] = segment.Bucket
	var name string
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		name += fmt.Sprintf("%s=%q ", key, settings[key])
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.made[name]; s != nil {
		return s, nil
	}
	cfg, err := m.opts.Config(settings)
	if err != nil {
		return nil, err
	}
	s, err := s3.New(storeOptions(Options{Config: cfg, Dir: m.opts.Dir, Credentials: m.opts.Credentials(cfg), Log: m.opts.Log}))
	if err == nil {
		m.made[name] = s
	}
	return s, err
}

func (m *manyStores) Close() {
	for _, s := range m.made {
		s.Close()
	}
}
