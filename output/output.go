// Package output turns chunks into objects: Flush makes a chunk durable in the
// spool, and shippers encode and upload segments in the background.
//
//	out, err := output.New(output.Options{Config: cfg, Dir: dir, Credentials: provider, Log: log})
//	err = out.Flush("app.orders", chunk) // nil: on disk
//	…
//	err = out.Close(ctx)                 // seal, drain until ctx ends, unlock
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
	Dir         string // of the spool, this output's alone
	Credentials creds.Provider
	Clock       *creds.Clock // learns AWS's time from S3's answers; may be nil
	Log         *slog.Logger
	Writer      string           // program and version, noted in the spool's files
	Told        func(Event)      // is told what became of a segment; must not block; may be nil
	Now         func() time.Time // default time.Now
	FS          spool.FS         // default: the real disk
	Dial        s3.Dial          // default: the network
}

// Event is what became of an attempt to ship a segment.
type Event struct {
	ID          uint64 // of the segment
	Bucket, Key string
	Segment     int64 // bytes in the spool
	Records     int64
	Bytes       int64 // of the object
	Err         error // why it failed; the segment is still in the spool then, or in its quarantine
}

// Output ships the chunks of one plugin instance. It is safe for concurrent use.
type Output struct {
	opts     Options
	template *key.Template
	bucket   string // of new segments; "" if there are none
	encoding encode.Options
	stores   stores
	spool    *spool.Spool
	index    *spool.Counter
	queue    *queue
	encoders *slots
	writers  encode.Writers
	ratios   ratios
	room     room

	redirected  sync.Map // buckets that do not exist, as soon as they are warned of
	warnUndated sync.Once

	stored chan *job // whose objects are, on their way to settle

	opened  chan struct{} // tells sealByAge of a first segment
	stop    context.CancelFunc
	ending  context.Context // ends when Close has no time left
	end     context.CancelFunc
	workers sync.WaitGroup
}

// stores know where a segment goes.
type stores interface {
	of(meta) (*s3.Store, error)
	Close()
}

// oneStore is where all segments go.
type oneStore struct{ *s3.Store }

func (s oneStore) of(meta) (*s3.Store, error) { return s.Store, nil }

// CheckKeyFormat is the check of s3_key_format that package conf asks for.
func CheckKeyFormat(format, delimiters string) error {
	_, err := key.Parse(format, key.Options{TagDelimiters: delimiters})
	return err
}

// New opens the spool, which fails while somebody else has it, takes over what
// is in it, and starts the shippers. It asks nothing of the network.
func New(o Options) (*Output, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	out := &Output{
		opts: o, queue: newQueue(o.Config.Ordered, o.Config.UploadWorkers, o.Now), encoders: newSlots(o.Config.EncodeWorkers),
		bucket: o.Config.Bucket, opened: make(chan struct{}, 1),
	}
	var err error
	if out.encoding, err = encodingOptions(o.Config); err != nil {
		return nil, err
	}
	out.ratios.codec = out.encoding.Compression
	if out.template, err = key.Parse(o.Config.KeyFormat, keyOptions(o.Config)); err != nil {
		return nil, fmt.Errorf("s3_key_format %q %w", o.Config.KeyFormat, err)
	}
	store, err := s3.New(storeOptions(o))
	if err != nil {
		return nil, err
	}
	out.stores = oneStore{store}
	if err := out.openSpool(false); err != nil {
		return nil, err
	}
	out.start(out.sealByAge)
	return out, nil
}

// start begins to ship, and what else goes on in the background.
func (o *Output) start(others ...func(context.Context)) {
	ctx, stop := context.WithCancel(context.Background())
	o.stop = stop
	o.ending, o.end = context.WithCancel(context.Background())
	for _, f := range others {
		o.workers.Go(func() { f(ctx) })
	}
	o.writers.Cores = o.encoders
	o.stored = make(chan *job, mostStored)
	var shippers sync.WaitGroup
	for range o.opts.Config.UploadWorkers {
		shippers.Go(func() { o.ship(ctx) })
	}
	o.workers.Go(o.settle)
	o.workers.Go(func() {
		shippers.Wait()
		close(o.stored)
	})
}

// told tells of an event whoever wants to know.
func (o *Output) told(e Event) {
	if o.opts.Told != nil {
		o.opts.Told(e)
	}
}

func (o *Output) openSpool(readmit bool) (err error) {
	var found []*spool.Segment
	o.spool, err = spool.Open(spool.Options{
		Dir: o.opts.Dir, Limit: o.opts.Config.StoreLimit, Compress: o.opts.Config.StoreCompression == "s2", Now: o.opts.Now, FS: o.opts.FS,
		Repeats: o.opts.Config.Deduplicate, Readmit: readmit, Writer: o.opts.Writer, Opened: o.queue.open,
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
			o.index.Given(*m.Index)
		}
	}
	return nil
}

// stream returns what shares one object with a tag: the bucket, and the key
// format with its tag parts filled in.
func (o *Output) stream(tag string) string {
	return o.opts.Config.Bucket + "/" + o.template.Stream(tag)
}

// Flush makes a chunk durable. nil means that it is on disk and will reach S3.
// Any error means that it was not taken: the caller keeps it and tries again.
// chunk is not kept.
func (o *Output) Flush(tag string, chunk []byte) error {
	opened := false
	seg, err := o.spool.Append(o.stream(tag), spool.Chunk{Tag: tag, Data: chunk}, func() ([]byte, error) {
		opened = true
		return o.newMeta(tag, chunk)
	})
	if opened {
		notify(o.opened) // even if this chunk was not taken: the next one may be
	}
	if errors.Is(err, spool.ErrRepeated) {
		o.opts.Log.Info("a chunk that came before the last stop came again and is not stored twice", "tag", tag, "bytes", len(chunk))
		return nil
	}
	if noRoom(err) {
		o.makeRoom()
	}
	if err != nil {
		return err
	}
	if !o.full(seg) {
		return nil
	}
	if err := o.spool.Seal(seg); err != nil {
		o.opts.Log.Warn("seal segment", "error", err) // its frames are durable all the same
	}
	return nil
}

// maxOvershoot is how many bytes of data an object may have for each byte of
// total_file_size: its estimate may be wrong, and the spool has no end.
const maxOvershoot = 12

// full tells whether a segment's object has reached total_file_size.
func (o *Output) full(seg *spool.Segment) bool {
	raw, limit := seg.Raw(), o.opts.Config.TotalFileSize
	if raw >= maxOvershoot*limit {
		return true
	}
	if raw >= eagerSize {
		if encoded, size := o.queue.grown(seg); encoded > 0 {
			return size+int64(float64(size)/float64(encoded)*float64(raw-encoded)) >= limit
		}
	}
	return o.ratios.estimate(seg.Stream, raw) >= limit
}

// Close takes no more chunks, ships what is there until ctx ends, and unlocks
// the spool. What could not be shipped stays there for the next start. unnoted is
// how many of the last chunks that Flush has taken may come again, since Fluent Bit
// has not noted its answer.
func (o *Output) Close(ctx context.Context, unnoted int) error {
	_, sealErr := o.spool.SealOpened(endOfTime)
	left := o.drain(ctx)
	if left > 0 {
		o.opts.Log.Warn("stopping with data in the spool; the next start ships it", "segments", left, "bytes", o.spool.Used(), "dir", o.opts.Dir)
	}
	return errors.Join(sealErr, o.spool.Close(unnoted))
}

// Drain lets everything be uploaded that is there, without waiting for its age,
// while chunks still come: for a stop that is about to follow.
func (o *Output) Drain() {
	o.encoders.all()
	if _, err := o.spool.SealOpened(endOfTime); err != nil {
		o.opts.Log.Warn("seal segment", "error", err) // its frames are durable all the same
	}
}

// drain ships what is there until ctx ends, ends the shippers, and returns how
// many segments are left. A part of the time is kept for removing what unfinished
// uploads have left behind.
func (o *Output) drain(ctx context.Context) (left int) {
	shipping := ctx
	if deadline, ok := ctx.Deadline(); ok {
		kept := min(mostEnding, time.Until(deadline)/8)
		var cancel context.CancelFunc
		shipping, cancel = context.WithDeadline(ctx, deadline.Add(-kept))
		defer cancel()
	}
	o.encoders.all()
	left = o.queue.drain(shipping)
	cut := context.AfterFunc(ctx, o.end)
	o.stop()
	o.workers.Wait()
	for _, j := range o.queue.openShipments() {
		_ = o.abortShipment(j) // what it leaves in S3, the next start looks for
	}
	cut()
	o.end()
	o.stores.Close()
	return left
}

// mostEnding is how much of the time of a stop is kept at most.
const mostEnding = 500 * time.Millisecond

// endOfTime is after all times that a clock shows.
var endOfTime = time.Unix(1<<60, 0)

// sealByAge seals each segment when it is upload_timeout old. It sleeps until
// the next one is, or until there is a first one.
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
		wait := endOfTime.Sub(now)
		if !oldest.IsZero() {
			wait = oldest.Add(timeout).Sub(now)
		}
		if !sleep(ctx, wait, o.opened) {
			return
		}
	}
}

// sleep waits for d or until woken; it returns false when ctx has ended.
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

// notify wakes whoever waits for c, now or the next time.
func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
