// Package output turns chunks into objects: Flush makes a chunk durable in the
// spool, and shippers encode and upload segments in the background.
//
//	out, err := output.New(output.Options{Config: cfg, Dir: dir, Credentials: provider, Log: log})
//	err = out.Flush("app.orders", chunk) // nil: on disk
//	…
//	err = out.Close(ctx, 0)              // seal, ship until ctx ends, unlock
package output

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"sluice/conf"
	"sluice/creds"
	"sluice/internal/contain"
	"sluice/output/encode"
	"sluice/output/key"
	"sluice/output/s3"
	"sluice/spool"
)

// Options of an Output. Config, Dir, Credentials and Log are required.
type Options struct {
	Config      conf.Config
	Name        string // of the output, for Status
	Dir         string // of the spool, this output's alone
	Credentials creds.Provider
	Clock       *creds.Clock // learns AWS's time from S3's answers; may be nil
	// FindRegion, if not nil, finds the bucket's region before the first request; "" is for the configuration's.
	FindRegion func(context.Context) string
	Log        *slog.Logger
	Writer     string           // program and version, recorded in the spool's files
	OnEvent    func(Event)      // if not nil, is called with the outcome of each upload; must not block
	Now        func() time.Time // default time.Now
	FS         spool.FS         // default: the real disk
	Dial       s3.Dial          // default: the network
}

// Event is the outcome of one attempt to ship a segment.
type Event struct {
	ID          uint64 // of the segment
	Bucket, Key string
	Segment     int64 // bytes in the spool
	Records     int64
	Bytes       int64 // of the object
	Err         error // why it failed; the segment is then still in the spool or in its quarantine
}

// Output ships the chunks of one plugin instance. It is safe for concurrent use.
type Output struct {
	opts Options
	naming
	bucket   string // of new segments; "" if there is not one for all
	encoding encode.Options
	stores   resolver
	spool    *spool.Spool
	index    *spool.Counter
	queue    *queue
	cores    *semaphore // for encoding
	pool     encode.Pool
	ratios   ratios
	room     room

	started    time.Time
	keys       *keys // Options.Credentials, watched; nil in a push
	health     health
	counters   counters
	asideBytes cachedSize // of the quarantine
	speed      speed

	redirected  sync.Map // names of missing buckets that have been warned about
	warnUndated sync.Once
	warnStreams sync.Once
	division    division // guarded by dividing
	dividing    sync.Mutex

	toCommit chan *job // jobs whose objects are stored, awaiting commit

	segmentOpened chan struct{} // signals sealByAge that a segment was opened
	stop          context.CancelFunc
	abortCtx      context.Context // ends when a stop has no time left, not even for aborting uploads
	cancelAborts  context.CancelFunc
	workers       sync.WaitGroup
}

// resolver finds the store that a segment is uploaded to, and what its object is stored with.
type resolver interface {
	storeFor(meta) (*s3.Store, s3.Attributes, error)
	Close()
}

// fixedStore is the store for all segments.
type fixedStore struct {
	*s3.Store
	out *Output
}

// storeFor returns the attributes that the segment recorded, or, for one of a version that
// recorded none, today's.
func (s fixedStore) storeFor(m meta) (*s3.Store, s3.Attributes, error) {
	if m.Attributes != nil {
		return s.Store, *m.Attributes, nil
	}
	now := s.out.opts.Now()
	return s.Store, s.out.attributes.render("", key.Source{}, m.Encoding.Compression, now), nil
}

// New opens the spool, takes over what an earlier run left in it, and starts the
// shippers. It fails while another instance has the spool. It makes no requests.
func New(o Options) (*Output, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	out := &Output{
		opts:          o,
		started:       o.Now(),
		queue:         newQueue(o.Config.Ordered, o.Config.UploadWorkers, o.Now),
		cores:         newSemaphore(o.Config.EncodeWorkers),
		segmentOpened: make(chan struct{}, 1),
	}
	var err error
	if out.encoding, err = encodingOptions(o.Config); err != nil {
		return nil, err
	}
	out.ratios.codec = out.encoding.Compression
	if out.naming, err = newNaming(o.Config); err != nil {
		return nil, err
	}
	if len(o.Config.BucketAllow) == 0 {
		out.bucket = o.Config.Bucket
	}
	out.health.good = out.started
	out.keys = &keys{Provider: o.Credentials, out: out}
	out.opts.Credentials = out.keys
	options := storeOptions(out.opts)
	options.OnRequest = out.counters.request
	store, err := s3.New(options)
	if err != nil {
		return nil, err
	}
	out.stores = fixedStore{store, out}
	if err := out.openSpool(false); err != nil {
		return nil, err
	}
	out.start(out.sealByAge, out.watchKey)
	return out, nil
}

// start starts the shippers, the commit loop, and the given functions.
func (o *Output) start(others ...func(context.Context)) {
	ctx, stop := context.WithCancel(context.Background())
	o.stop = stop
	o.abortCtx, o.cancelAborts = context.WithCancel(context.Background())
	for _, f := range others {
		o.workers.Go(func() { f(ctx) })
	}
	o.pool.Cores = o.cores
	o.toCommit = make(chan *job, maxStored)
	var shippers sync.WaitGroup
	for range o.opts.Config.UploadWorkers {
		shippers.Go(func() { o.ship(ctx) })
	}
	o.workers.Go(o.commitLoop)
	o.workers.Go(func() {
		shippers.Wait()
		close(o.toCommit)
	})
}

// emit calls OnEvent, if it is set.
func (o *Output) emit(e Event) {
	if o.opts.OnEvent != nil {
		o.opts.OnEvent(e)
	}
}

func (o *Output) openSpool(readmit bool) (err error) {
	var found []*spool.Segment
	o.spool, err = spool.Open(spool.Options{
		Dir:         o.opts.Dir,
		Limit:       o.opts.Config.StoreLimit,
		Compress:    o.opts.Config.StoreCompression == "s2",
		Now:         o.opts.Now,
		FS:          o.opts.FS,
		Deduplicate: o.opts.Config.Deduplicate,
		Readmit:     readmit,
		MaxOpen:     o.maxOpen(),
		Writer:      o.opts.Writer,
		Opened:      o.queue.open,
		Sealed: func(seg *spool.Segment) {
			if seg.Recovered {
				found = append(found, seg) // by Open
			}
			o.queue.add(seg)
		},
		Warn: func(text string) { o.opts.Log.Warn("spool: " + text) },
	})
	if errors.Is(err, spool.ErrLocked) {
		return fmt.Errorf("%w: give each output an alias or a store_dir of its own", err)
	}
	if err != nil {
		return err
	}
	if n := o.queue.len(); n > 0 {
		o.opts.Log.Info("shipping what an earlier run left in the spool", "segments", n, "dir", o.opts.Dir)
	}
	if o.index, err = o.spool.Counter("index"); err != nil {
		return errors.Join(err, o.spool.Close(0))
	}
	for _, seg := range found {
		if m, err := parseMeta(seg.Meta); err == nil && m.Index != nil {
			o.index.Observe(*m.Index)
		}
	}
	return nil
}

// Flush makes a chunk durable. nil means that it is on disk and will reach S3. Any
// error means that it was not accepted, and that the caller must keep it and try again.
// Flush does not retain chunk.
func (o *Output) Flush(tag string, chunk []byte) error {
	segments, opened, err := o.append(spool.Chunk{Tag: tag, Data: chunk})
	if opened {
		notify(o.segmentOpened) // even if this chunk was not accepted: the next one may be
	}
	if errors.Is(err, spool.ErrDuplicate) {
		o.counters.repeated.Add(1)
		o.opts.Log.Info("a chunk of the time before the restart was delivered again and is not stored twice",
			"tag", tag, "bytes", len(chunk))
		return nil
	}
	if err != nil {
		return o.deferChunk(err)
	}
	if o.health.wrong.Load() {
		o.acceptAgain()
	}
	for _, seg := range segments {
		if !o.isFullSize(seg) {
			continue
		}
		if err := o.spool.Seal(seg); err != nil {
			o.opts.Log.Warn("seal segment", "error", err) // its frames are durable all the same
		}
	}
	return nil
}

// maxOpen returns how many segments' files stay open, 0 for the usual number. Chunks may be
// divided among all of them, and opening their files for each takes as long as writing to them.
func (o *Output) maxOpen() int {
	if o.fields == nil || !o.divides() { // a push takes no chunks
		return 0
	}
	return min(o.opts.Config.KeyMaxStreams, 1024)
}

// append makes a chunk durable, in one segment or divided among several. opened is whether it
// has opened one.
func (o *Output) append(c spool.Chunk) (segments []*spool.Segment, opened bool, err error) {
	if o.divides() {
		return o.appendDivided(c)
	}
	seg, err := o.spool.Append(o.stream(c.Tag), c, func() ([]byte, error) {
		opened = true
		return o.newMeta(identity{tag: c.Tag, bucket: o.opts.Config.Bucket, time: o.firstTime(c.Data)})
	})
	return []*spool.Segment{seg}, opened, err
}

// maxOvershoot is how many bytes of data a segment may hold for each byte of
// total_file_size: the estimate may be wrong, and the spool is finite.
const maxOvershoot = 12

// isFullSize reports whether a segment's object has reached total_file_size.
func (o *Output) isFullSize(seg *spool.Segment) bool {
	raw, limit := seg.Raw(), o.opts.Config.TotalFileSize
	if raw >= maxOvershoot*limit {
		return true
	}
	if raw >= eagerSize {
		if encoded, size := o.queue.offerEager(seg); encoded > 0 {
			return size+int64(float64(size)/float64(encoded)*float64(raw-encoded)) >= limit
		}
	}
	return o.ratios.estimate(seg.Stream, raw) >= limit
}

// Close accepts no more chunks, ships what is in the spool until ctx ends, and unlocks
// it. What could not be shipped stays for the next start. unacked is how many of the
// last accepted chunks may be delivered again because Fluent Bit has not recorded the answer.
func (o *Output) Close(ctx context.Context, unacked int) error {
	_, sealErr := o.spool.SealOpened(farFuture)
	left := o.shutdown(ctx)
	if left > 0 {
		o.opts.Log.Warn("stopping with data in the spool; the next start ships it",
			"segments", left, "bytes", o.spool.Used(), "dir", o.opts.Dir)
	}
	return errors.Join(sealErr, o.spool.Close(unacked))
}

// BeginShutdown seals all active segments, so that they are uploaded at once, while
// Flush still accepts chunks. Call it as soon as a stop is known to follow.
func (o *Output) BeginShutdown() {
	o.cores.useAllCores()
	if _, err := o.spool.SealOpened(farFuture); err != nil {
		o.opts.Log.Warn("seal segment", "error", err) // its frames are durable all the same
	}
}

// shutdown ships what is in the spool until ctx ends, stops the shippers, and returns how
// many segments are left. It reserves part of the time for aborting unfinished uploads.
func (o *Output) shutdown(ctx context.Context) (left int) {
	shipping := ctx
	if deadline, ok := ctx.Deadline(); ok {
		reserved := min(maxAbortTime, time.Until(deadline)/8)
		var cancel context.CancelFunc
		shipping, cancel = context.WithDeadline(ctx, deadline.Add(-reserved))
		defer cancel()
	}
	o.cores.useAllCores()
	left = o.queue.drain(shipping)
	cut := context.AfterFunc(ctx, o.cancelAborts)
	o.stop()
	o.workers.Wait()
	for _, j := range o.queue.openShipments() {
		_ = o.abortShipment(j) // the next start removes what it leaves in S3
	}
	cut()
	o.cancelAborts()
	o.stores.Close()
	return left
}

// maxAbortTime is the most that a stop reserves for aborting uploads.
const maxAbortTime = 500 * time.Millisecond

// farFuture is later than any time that a clock shows.
var farFuture = time.Unix(1<<60, 0)

// sealByAge seals each segment when it is upload_timeout old, until ctx ends.
func (o *Output) sealByAge(ctx context.Context) {
	timeout := o.opts.Config.UploadTimeout
	for {
		now := o.opts.Now()
		var oldest time.Time
		err := contain.Do(func() (err error) {
			oldest, err = o.spool.SealOpened(now.Add(-timeout))
			return err
		})
		if err != nil {
			o.opts.Log.Warn("seal segment", "error", err)
		}
		wait := farFuture.Sub(now)
		if !oldest.IsZero() {
			wait = oldest.Add(timeout).Sub(now)
		}
		if !sleep(ctx, wait, o.segmentOpened) {
			return
		}
	}
}

// sleep waits for d or until woken. It returns false when ctx has ended.
func sleep(ctx context.Context, d time.Duration, woken <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-woken:
	case <-ctx.Done():
		return false
	}
	return true
}

// notify wakes the goroutine that waits for c, now or the next time it waits.
func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
