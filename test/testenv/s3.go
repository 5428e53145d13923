// Package testenv starts real things on loopback for the demo and the tests: an S3 server, an instance
// metadata service, and a host for the plugin; and it counts what arrived.
//
//	s3, err := testenv.StartS3(testenv.S3Config{Dir: dir, Bucket: "logs"})
//	imds, err := testenv.StartIMDS(ctx, testenv.IMDSConfig{Program: program, Dir: dir})
//	objects, err := s3.Bucket("logs").List(ctx)
package testenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
	"github.com/versity/versitygw/s3api"
)

// S3Config says where an S3 server lives and whom it believes.
type S3Config struct {
	Dir    string          // the objects' folder, required; must be absolute and empty
	Addr   string          // default: a free port of 127.0.0.1
	Region string          // default: us-east-1
	Bucket string          // created at start unless empty
	Owner  Keys            // default: OwnerKeys()
	Role   Keys            // default: RoleKeys()
	IAM    auth.IAMService // default: one that knows the owner and the role
	Hooks  []s3api.Option  // for faults: s3api.WithMiddleware runs before authentication
}

// S3 is a running versitygw inside this process. There can be one at a time, and starting it changes
// the working directory: both are versitygw's ways.
type S3 struct {
	Endpoint, Region string

	owner Keys
	stop  context.CancelFunc
	done  chan struct{}
	err   error // set before done is closed
}

// StartS3 returns when the server answers and the bucket exists.
func StartS3(cfg S3Config) (*S3, error) {
	cfg = cfg.withDefaults()
	if cfg.Addr == "" {
		addr, err := FreeAddr()
		if err != nil {
			return nil, fmt.Errorf("find a port for the S3 server: %w", err)
		}
		cfg.Addr = addr
	}
	backend, err := openBackend(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("open the S3 server's folder: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &S3{Endpoint: "http://" + cfg.Addr, Region: cfg.Region, owner: cfg.Owner, stop: stop,
		done: make(chan struct{})}
	listening := make(chan struct{})
	go func() {
		s.err = embedgw.RunVersityGW(ctx, backend, cfg.gateway(func() { close(listening) }))
		close(s.done)
	}()
	select {
	case <-listening:
	case <-s.done:
		stop()
		return nil, fmt.Errorf("start the S3 server: %w", s.err)
	}
	return s, s.createFirstBucket(ctx, cfg.Bucket)
}

func (s *S3) createFirstBucket(ctx context.Context, name string) error {
	if name == "" {
		return nil
	}
	if err := s.Bucket(name).Create(ctx); err != nil {
		return errors.Join(err, s.Close())
	}
	return nil
}

// Bucket is a client for one bucket with the owner's keys.
func (s *S3) Bucket(name string) Bucket {
	return NewBucket(s.Endpoint, s.Region, name, s.owner)
}

// Close stops the server and waits for it.
func (s *S3) Close() error {
	s.stop()
	<-s.done
	return s.err
}

func (c S3Config) withDefaults() S3Config {
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	if c.Owner == (Keys{}) {
		c.Owner = OwnerKeys()
	}
	if c.Role == (Keys{}) {
		c.Role = RoleKeys()
	}
	if c.IAM == nil {
		c.IAM = newRole(c.Owner, c.Role)
	}
	return c
}

func (c S3Config) gateway(listening func()) *embedgw.Config {
	return &embedgw.Config{
		RootUserAccess: c.Owner.AccessKeyID,
		RootUserSecret: c.Owner.SecretAccessKey,
		IAMService:     c.IAM,
		Region:         c.Region,
		Ports:          []string{c.Addr},
		MaxConnections: 1000, MaxRequests: 1000, MultipartMaxParts: 10000,
		KeepAlive: true, Quiet: true,
		S3Options: append([]s3api.Option{s3api.WithOnListen(listening)}, c.Hooks...),
	}
}

// openBackend keeps objects' metadata in extended attributes, or beside the folder where the file
// system has none (an older tmpfs).
func openBackend(dir string) (*posix.Posix, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	xattr := meta.XattrMeta{}
	if err := xattr.Test(dir); err == nil {
		return posix.New(dir, xattr, posix.PosixOpts{})
	}
	sidecar := filepath.Clean(dir) + ".meta"
	if err := os.MkdirAll(sidecar, 0o755); err != nil {
		return nil, err
	}
	beside, err := meta.NewSideCar(sidecar)
	if err != nil {
		return nil, err
	}
	return posix.New(dir, beside, posix.PosixOpts{SideCarDir: sidecar})
}

// waitPause is how often a thing is looked at that announces nothing.
const waitPause = 20 * time.Millisecond

// Wait looks at ready until it holds, ctx ends, or stopped is closed.
func Wait(ctx context.Context, stopped <-chan struct{}, ready func() bool) error {
	tick := time.NewTicker(waitPause)
	defer tick.Stop()
	for !ready() {
		select {
		case <-tick.C:
		case <-stopped:
			return errStopped
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

var errStopped = errors.New("it has stopped")
