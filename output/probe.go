package output

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"time"

	"sluice/conf"
	"sluice/creds"
	"sluice/internal/contain"
	"sluice/output/encode/compress"
	"sluice/output/key"
	"sluice/output/s3"
)

// Identify returns whom a key belongs to: an ARN.
type Identify func(context.Context, creds.Credentials) (arn string, err error)

// Probed is what a server says before there is anything to store.
type Probed struct {
	Credentials creds.Credentials
	Identity    string // ARN, "" if it was not asked for or not told
	Anonymous   error  // why it was not told
	Bucket      string // of several the first that fails, or else the default
	Region      string // of the bucket
	Key         string // that was asked about
	Written     bool   // an object was stored there
	Left        error  // why it could not be deleted again
	// Failed is what is missing, "" if objects can be stored; Failure is why.
	Failed  Missing
	Failure s3.Failure
}

// Missing is what an upload would lack.
type Missing string

// What may be missing.
const (
	NoCredentials Missing = "credentials"
	NoBucket      Missing = "bucket" // it is not there, or may not be written to, or does not answer
)

// Probe asks with the credentials of a configuration who they are, if identify is not nil,
// and whether objects may be stored. It stores nothing unless write is set; then it stores
// an object and deletes it. It needs no right but s3:PutObject, and to delete.
func Probe(ctx context.Context, o Options, identify Identify, write bool) (p Probed) {
	store, err := s3.New(storeOptions(o))
	if err != nil {
		return p.fail(NoBucket, err)
	}
	defer store.Close()
	example, err := NewExample(o.Config, probeTag, time.Now(), Sample{})
	if err != nil {
		return p.fail(NoBucket, err)
	}
	p.Bucket, p.Key = example.Bucket, example.Key
	p.Key += "-sluice-check-" + rand.Text() // nobody else's, whatever the format
	found, cancel := context.WithTimeout(ctx, keyPatience)
	defer cancel()
	if p.Credentials, err = o.Credentials.Retrieve(found); err != nil {
		p.Failed, p.Failure = NoCredentials, s3.WithoutCredentials(err)
		p.Failure.Remedy = explainKeys(o.Config.Profile)
		return p
	}
	if identify != nil {
		p.Identity, p.Anonymous = identify(found, p.Credentials)
	}
	first := p
	for i, bucket := range o.Config.Buckets() {
		p.Bucket = bucket
		if p = p.probe(ctx, store, o.Config, write); p.Failed != "" {
			return p
		}
		if i == 0 {
			first = p
		}
	}
	return first
}

// probeTag is the tag of what is asked about and written.
const probeTag = "sluice.check"

// probe asks about one bucket.
func (p Probed) probe(ctx context.Context, store *s3.Store, c conf.Config, write bool) Probed {
	naming, err := newNaming(c)
	if err != nil {
		return p.fail(NoBucket, err)
	}
	target := s3.Target{
		Bucket: p.Bucket, Key: p.Key,
		Attributes: naming.attributes.render(probeTag, key.Source{}, compress.None, time.Now()),
	}
	if p.Region, err = store.Probe(ctx, target); err != nil {
		return p.fail(NoBucket, err)
	}
	if !write {
		return p
	}
	target.Attributes.LockMode, target.Attributes.LockUntil = "", time.Time{} // it is to be deleted
	target.Attributes.LegalHold = false
	p.Left, err = store.PutAndDelete(ctx, target,
		[]byte("sluice check --live wrote this object. It may be deleted.\n"))
	if err != nil {
		return p.fail(NoBucket, err)
	}
	p.Written = true
	return p
}

func (p Probed) fail(what Missing, err error) Probed {
	p.Failed, p.Failure = what, s3.Explain(err)
	return p
}

// At start, what is wrong is said within startPatience. Of that, the search for credentials
// gets keyPatience: where there is no metadata service, for example, it takes some seconds.
const (
	startPatience = 15 * time.Second
	keyPatience   = 10 * time.Second
)

// ReportStart probes and logs one line: that objects can be stored and when the first one
// comes, or what is wrong. It returns when that is done or ctx has ended.
func (o *Output) ReportStart(ctx context.Context, identify Identify) {
	probe, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	var p Probed
	err := contain.Do(func() error {
		p = Probe(probe, o.opts, identify, false)
		return nil
	})
	switch {
	case errors.Is(ctx.Err(), context.Canceled): // the output is stopping
	case err != nil:
		o.opts.Log.Warn("could not ask whether objects can be stored", "error", err)
	case p.Failed == "":
		o.logReady(p)
	default:
		o.logNotReady(p)
	}
}

func (o *Output) logReady(p Probed) {
	args := []any{"bucket", o.opts.Config.Bucket, "region", p.Region, "credentials", p.Credentials}
	if p.Identity != "" {
		args = append(args, "identity", p.Identity)
	}
	first := o.opts.Now().Add(o.opts.Config.UploadTimeout).Format(time.TimeOnly)
	o.opts.Log.Info("ready: the first object comes at "+first+" at the latest", args...)
}

func (o *Output) logNotReady(p Probed) {
	text, level := "objects cannot be stored yet; chunks are kept in the spool", slog.LevelWarn
	trouble := notReady
	switch {
	case p.Failed == NoCredentials:
		text = "there are no AWS credentials yet; chunks are kept in the spool"
		trouble = noKey
	case p.Failure.NeedsOperator:
		level = slog.LevelError
	}
	if p.Failure.Remedy != "" {
		text = p.Failure.Remedy + ": " + text
	}
	o.health.report(trouble, p.Failure.Cause, p.Failure.Remedy, o.opts.Now())
	args := []any{"error", p.Failure.Cause, "bucket", cmp.Or(p.Bucket, o.opts.Config.Bucket)}
	if p.Failed != NoCredentials {
		args = append(args, "credentials", p.Credentials, "key", p.Key) // a policy may be about other keys
	}
	o.opts.Log.Log(context.Background(), level, text, append(args, ids(p.Failure)...)...)
}
