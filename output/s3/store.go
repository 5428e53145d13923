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
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"

	"sluice/creds"
)

// Options of a Store. Zero fields have the documented defaults.
type Options struct {
	Region string
	// Endpoint is a URL; with one, buckets are addressed by path. The default is
	// AWS's own for the region.
	Endpoint string
	// UseFIPS and UseDualStack choose among AWS's own endpoints; Endpoint wins.
	UseFIPS, UseDualStack bool

	Credentials creds.Provider // asked for every request, so it must be quick
	// Refused is told of a key that the service has refused and that Credentials
	// has been made to replace. It may be nil.
	Refused func(creds.Credentials)
	Clock   *creds.Clock // watches the service's answers; may be nil

	ACL          string // canned ACL
	StorageClass string
	ContentType  string
	ContentMD5   bool // send Content-MD5 with each body

	PartSize    int64 // bytes, default MinPartSize
	PartWorkers int   // parts of an object in flight, default 2
	Whole       bool  // PutObject only, whatever the size

	Attempts int               // tries of a request, default 3
	Stall    time.Duration     // how long nothing may move on a connection, default a minute
	Warn     func(text string) // is told what somebody should change; may be nil
	TLS      TLS
	Dial     Dial // default: the network
}

// TLS says how to check the server.
type TLS struct {
	CAFile   string // PEM; default: the system's
	Insecure bool   // take any certificate
}

// Target names an object.
type Target struct {
	Bucket, Key     string
	ContentEncoding string
	// ID is what the object is known by. With one, nobody else writes the key: what
	// is there is not overwritten.
	ID    string
	Again bool // there was an earlier attempt, which may have left an unfinished upload
}

func (t Target) String() string { return t.Bucket + "/" + t.Key }

// Bounds of S3, bytes.
const (
	MinPartSize = 5 << 20
	MaxParts    = 10_000
)

// Store puts objects. It is safe for concurrent use.
type Store struct {
	opts      Options
	client    *awss3.Client
	transport *http.Transport

	small, whole  buffers     // of objects, and of their parts
	regions       sync.Map    // by bucket, of those that are not in Options.Region
	unconditional atomic.Bool // the server does not know conditional writes
	warnLeftovers sync.Once
}

// New makes a Store; it asks nothing of the network.
func New(o Options) (*Store, error) {
	o.PartSize = cmp.Or(o.PartSize, MinPartSize)
	o.PartWorkers = cmp.Or(o.PartWorkers, 2)
	o.Attempts = cmp.Or(o.Attempts, 3)
	o.Stall = cmp.Or(o.Stall, time.Minute)
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	transport, err := newTransport(o)
	if err != nil {
		return nil, err
	}
	// Credentials are set in aws.Config directly: what goes through the SDK's
	// config loader gets a cache of the SDK's around it that hides a refresh.
	refusal := refusal{o.Credentials, o.Refused}
	client := awss3.New(awss3.Options{
		Region:      o.Region,
		Credentials: creds.AWS(noting{o.Credentials}),
		HTTPClient:  watchClock(o.Clock, &http.Client{Transport: transport, CheckRedirect: noRedirect}),
		APIOptions:  []func(*middleware.Stack) error{refusal.addTo},
		Retryer:     retry.NewStandard(func(r *retry.StandardOptions) { r.MaxAttempts = o.Attempts }),
		// The body is protected by its signed SHA-256 over HTTP, and by TLS over
		// HTTPS, where the SDK signs without it. Checksum headers and trailers
		// beside it break many S3 servers that are not AWS.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	}, func(c *awss3.Options) {
		if o.Endpoint != "" {
			c.BaseEndpoint, c.UsePathStyle = aws.String(o.Endpoint), true
			return
		}
		c.EndpointOptions = endpointOptions(o)
	})
	return &Store{
		opts: o, client: client, transport: transport,
		small: buffers{size: smallBuffer}, whole: buffers{size: o.PartSize},
	}, nil
}

// endpointOptions say which of AWS's endpoints is asked.
func endpointOptions(o Options) (e awss3.EndpointResolverOptions) {
	if o.UseFIPS {
		e.UseFIPSEndpoint = aws.FIPSEndpointStateEnabled
	}
	if o.UseDualStack {
		e.UseDualStackEndpoint = aws.DualStackEndpointStateEnabled
	}
	return e
}

// Close drops idle connections. Objects on their way are not touched.
func (s *Store) Close() { s.transport.CloseIdleConnections() }

// watchClock has the clock, if there is one, learn from answers.
func watchClock(clock *creds.Clock, client aws.HTTPClient) aws.HTTPClient {
	if clock == nil {
		return client
	}
	return clock.Client(client)
}

// noRedirect leaves redirects to the caller: a signature is for one host.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// newTransport bounds connecting, and how long nothing may move.
func newTransport(o Options) (*http.Transport, error) {
	t := o.TLS
	tlsConfig := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: t.Insecure}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read CA file: %w", err)
		}
		tlsConfig.RootCAs = x509.NewCertPool()
		if !tlsConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read CA file %s: no PEM certificate in it", t.CAFile)
		}
	}
	tr := awshttp.NewBuildableClient().GetTransport()
	tr.TLSClientConfig = tlsConfig
	tr.IdleConnTimeout = 30 * time.Second
	dial := o.Dial
	if dial == nil {
		dial = tr.DialContext
	}
	tr.DialContext = guarded(dial, o.Stall)
	return tr, nil
}

// deadline is how long a request with a body of n bytes may take, repetitions
// included, as long as something moves: enough for a link of 1 kB/s.
func deadline(n int64) time.Duration {
	return 10*time.Minute + time.Duration(n/1000)*time.Second
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (s *Store) acl() types.ObjectCannedACL { return types.ObjectCannedACL(s.opts.ACL) }

func (s *Store) storageClass() types.StorageClass { return types.StorageClass(s.opts.StorageClass) }
