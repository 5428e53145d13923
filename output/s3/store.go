// Package s3 puts objects into S3 with the AWS SDK for Go: small ones with
// PutObject, large ones as a multipart upload whose parts go in parallel.
//
//	store, err := s3.New(s3.Options{Region: "eu-central-1", Credentials: provider})
//	obj := store.Object(ctx, s3.Target{Bucket: "bucket", Key: "logs/app/2026/08/05.gz"})
//	_, err = io.Copy(obj, body)
//	…
//	err = obj.Close() // stored when nil; after an error obj.Abort()
package s3

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"sluice/creds"
)

// Options of a Store. Zero fields have the documented defaults.
type Options struct {
	Region string
	// FindRegion, if not nil, is called once, before the first request, and may take a few seconds: its region, unless
	// it is "", is used in place of Region.
	FindRegion func(context.Context) string
	// Endpoint is a URL. The default is AWS's own for the region.
	Endpoint string
	// PathStyle puts the bucket's name into the path and not into the host.
	PathStyle bool
	// UseFIPS and UseDualStack choose among AWS's own endpoints; Endpoint wins.
	UseFIPS, UseDualStack, UseAccelerate bool

	Credentials creds.Provider // called for every request, so it must be quick
	// Refused, if not nil, is called with a key that the service refused and that
	// Credentials is now replacing.
	Refused func(creds.Credentials)
	Clock   *creds.Clock // learns from the service's answers; may be nil

	ContentMD5 bool // send Content-MD5 with each body

	PartSize    int64 // bytes, default MinPartSize
	PartWorkers int   // parts of an object in flight, default 2
	Whole       bool  // PutObject only, whatever the size

	Attempts int               // of a request, default 3
	Stall    time.Duration     // how long a connection may stand still, default a minute
	Warn     func(text string) // if not nil, is called with what an operator should change
	// OnRequest, if not nil, is called with the outcome of each request: S3's name of the
	// operation, and the class of the answer.
	OnRequest func(operation string, c Class)
	TLS       TLS
	Dial      Dial // default: the network
}

// TLS is how the server's certificate is checked.
type TLS struct {
	CAFile   string // PEM; default: the system's
	Insecure bool   // accept any certificate
}

// Target names an object.
type Target struct {
	Bucket, Key string
	Attributes  Attributes
	// ID identifies the object. If it is set, nobody else writes the key, and an object
	// that is already there is not overwritten.
	ID      string
	Retried bool // an earlier attempt may have left an unfinished upload

	key customerKey // of Attributes.CustomerKeyFile
}

func (t Target) String() string { return t.Bucket + "/" + t.Key }

// Limits of S3.
const (
	MinPartSize = 5 << 20 // bytes
	MaxParts    = 10_000
)

// Store puts objects. It is safe for concurrent use.
type Store struct {
	opts      Options
	client    *awss3.Client
	transport *http.Transport

	small, whole  buffers       // for small objects, and for parts
	region        func() string // what Options say
	regions       sync.Map      // bucket to region, for buckets that are not there
	unconditional atomic.Bool   // the server does not support conditional writes
	warnLeftovers sync.Once
	sent          atomic.Int64 // bytes, on all connections
}

// New makes a Store. It makes no requests.
func New(o Options) (*Store, error) {
	o.PartSize = cmp.Or(o.PartSize, MinPartSize)
	o.PartWorkers = cmp.Or(o.PartWorkers, 2)
	o.Attempts = cmp.Or(o.Attempts, 3)
	o.Stall = cmp.Or(o.Stall, time.Minute)
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	s := &Store{opts: o, region: findRegion(o), small: buffers{size: smallBuffer}, whole: buffers{size: o.PartSize}}
	if err := s.connect(); err != nil {
		return nil, err
	}
	// Credentials are set here directly: the SDK's config loader would wrap them in a
	// cache of its own that hides a refresh.
	refusal := refusal{o.Credentials, o.Refused}
	s.client = awss3.New(awss3.Options{
		Region:      o.Region,
		Credentials: creds.AWS(recorder{o.Credentials}),
		HTTPClient: observed{
			watchClock(o.Clock, &http.Client{Transport: s.transport, CheckRedirect: noRedirect}), o.OnRequest},
		APIOptions: []func(*middleware.Stack) error{refusal.addTo},
		Retryer:    retry.NewStandard(func(r *retry.StandardOptions) { r.MaxAttempts = o.Attempts }),
		// The body is protected by its signed SHA-256 over HTTP, and by TLS over
		// HTTPS, where the SDK signs without it. Checksum headers and trailers
		// beside it break many S3 servers that are not AWS.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	}, func(c *awss3.Options) {
		c.UsePathStyle = o.PathStyle
		if o.Endpoint != "" {
			c.BaseEndpoint = aws.String(o.Endpoint)
			return
		}
		c.UseAccelerate = o.UseAccelerate
		c.EndpointOptions = endpointOptions(o)
	})
	return s, nil
}

// endpointOptions choose among AWS's endpoints.
func endpointOptions(o Options) (e awss3.EndpointResolverOptions) {
	if o.UseFIPS {
		e.UseFIPSEndpoint = aws.FIPSEndpointStateEnabled
	}
	if o.UseDualStack {
		e.UseDualStackEndpoint = aws.DualStackEndpointStateEnabled
	}
	return e
}

// Sent returns how many bytes were sent so far, retries and headers included.
func (s *Store) Sent() int64 { return s.sent.Load() }

// Close closes idle connections. It does not touch uploads in progress.
func (s *Store) Close() { s.transport.CloseIdleConnections() }

// watchClock lets the clock, if there is one, learn from the client's answers.
func watchClock(clock *creds.Clock, client aws.HTTPClient) aws.HTTPClient {
	if clock == nil {
		return client
	}
	return clock.Client(client)
}

// noRedirect returns redirects to the caller: a signature is valid for one host only.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// connect makes the transport, whose connections fail when they stand still.
func (s *Store) connect() error {
	t := s.opts.TLS
	tlsConfig := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: t.Insecure}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return fmt.Errorf("read CA file: %w", err)
		}
		tlsConfig.RootCAs = x509.NewCertPool()
		if !tlsConfig.RootCAs.AppendCertsFromPEM(pem) {
			return fmt.Errorf("read CA file %s: no PEM certificate in it", t.CAFile)
		}
	}
	tr := awshttp.NewBuildableClient().GetTransport()
	tr.TLSClientConfig = tlsConfig
	tr.IdleConnTimeout = 30 * time.Second
	dial := s.opts.Dial
	if dial == nil {
		dial = tr.DialContext
	}
	tr.DialContext = guarded(dial, s.opts.Stall, &s.sent)
	s.transport = tr
	return nil
}

// deadline is how long a request with a body of n bytes may take, retries included, while
// something moves: enough for a link of 1 kB/s.
func deadline(n int64) time.Duration {
	return 10*time.Minute + time.Duration(n/1000)*time.Second
}
