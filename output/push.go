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
	"sluice/output/key"
	"sluice/output/s3"
	"sluice/spool"
)

// PushOptions are the options of Push. All but Readmit, Bucket and OnEvent are required.
type PushOptions struct {
	Dir     string // an output's folder, which no other process may have open
	Readmit bool   // push what is in the quarantine, too
	Bucket  string // replaces the buckets that the segments name, unless ""
	// OwnAttributes stores objects with the attributes of Config, and not with those that
	// the segments recorded.
	OwnAttributes bool
	// Config makes a configuration of the settings in a segment's meta: properties by
	// name, the bucket among them.
	Config      func(settings map[string]string) (conf.Config, error)
	Credentials func(conf.Config) creds.Provider
	Log         *slog.Logger
	Writer      string
	OnEvent     func(Event) // if not nil, is called with the outcome of each upload, one call at a time
}

// Pushed is the outcome of Push.
type Pushed struct {
	Segments, Left int   // in the spool before and after
	Bytes          int64 // of the segments in the spool before
	Quarantined    []Quarantined
}

// Push uploads what is in a spool, each segment to its own destination. Each segment is
// tried once, its requests several times; what cannot be uploaded stays. show is called
// first, with how much there is. Chunks that Fluent Bit may deliver again are still
// recognised afterwards.
func Push(ctx context.Context, o PushOptions, show func(Pushed)) (Pushed, error) {
	if o.OnEvent == nil {
		o.OnEvent = func(Event) {}
	}
	cfg, err := o.Config(map[string]string{"bucket": "as each segment says"})
	if err != nil {
		return Pushed{}, err
	}
	cfg.Deduplicate, cfg.RetryLimit = true, conf.Unlimited
	before, err := quarantinedBefore(o)
	if err != nil {
		return Pushed{}, err
	}
	ledger := &ledger{opts: o, records: map[uint64]int64{}}
	out := &Output{
		queue:  newQueue(cfg.Ordered, cfg.UploadWorkers, time.Now),
		cores:  newSemaphore(cfg.EncodeWorkers),
		stores: &storePerSegment{opts: o, made: map[string]madeStore{}},
	}
	out.opts = Options{Config: cfg, Dir: o.Dir, Log: o.Log, Writer: o.Writer, Now: time.Now, OnEvent: ledger.onEvent}
	if err := out.openSpool(o.Readmit); err != nil {
		return Pushed{}, err
	}
	if o.Bucket != "" {
		out.sendTo(o.Bucket)
	}
	all := Pushed{Segments: out.queue.len(), Bytes: out.spool.Used()}
	show(all)
	out.start()
	all.Left = out.shutdown(ctx)
	err = errors.Join(ctx.Err(), out.spool.Close(spool.Unknown))
	if err == nil {
		all.Quarantined, err = ledger.quarantined(before)
	}
	return all, err
}

// sendTo sends all segments to one bucket, whatever they name.
func (o *Output) sendTo(bucket string) {
	o.queue.update(func() {
		for _, l := range o.queue.lanes {
			for _, j := range l.jobs {
				j.bucket = bucket
			}
		}
	})
}

// storePerSegment finds the store that each segment's settings name.
type storePerSegment struct {
	opts PushOptions

	mu   sync.Mutex // guards made
	made map[string]madeStore
}

// madeStore is a store with the attributes of its configuration.
type madeStore struct {
	*s3.Store
	attributes attributes
}

// storeFor also returns the attributes that the segment recorded, unless others are asked for.
// An object's lock ends when its segment says.
func (m *storePerSegment) storeFor(segment meta) (*s3.Store, s3.Attributes, error) {
	made, err := m.make(segment)
	if err != nil {
		return nil, s3.Attributes{}, err
	}
	recorded := segment.Attributes
	if recorded != nil && !m.opts.OwnAttributes {
		return made.Store, *recorded, nil
	}
	own := made.attributes.render("", key.Source{}, segment.Encoding.Compression, time.Now())
	if recorded != nil && recorded.LockMode == own.LockMode {
		own.LockUntil = recorded.LockUntil
	}
	return made.Store, own, nil
}

// make returns the store for a segment's settings, which it makes if there is none yet.
func (m *storePerSegment) make(segment meta) (made madeStore, err error) {
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
	if made, found := m.made[name]; found {
		return made, nil
	}
	cfg, err := m.opts.Config(settings)
	if err != nil {
		return made, err
	}
	naming, err := newNaming(cfg)
	if err != nil {
		return made, err
	}
	made.attributes = naming.attributes
	made.Store, err = s3.New(storeOptions(Options{
		Config:      cfg,
		Dir:         m.opts.Dir,
		Credentials: m.opts.Credentials(cfg),
		Log:         m.opts.Log,
	}))
	if err == nil {
		m.made[name] = made
	}
	return made, err
}

func (m *storePerSegment) Close() {
	for _, s := range m.made {
		s.Close()
	}
}
