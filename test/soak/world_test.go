package soak

import (
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"sluice/conf"
	"sluice/creds"
	"sluice/output"
	"sluice/spool"
	"sluice/test/testenv"
)

// world is an output, its disk, and an S3 server that discards, all on the bubble's clock: the network is
// pipes in memory.
type world struct {
	dir     string // of the spool
	out     *output.Output
	disk    disk
	server  *http.Server
	network network
	weather weather
	shipped atomic.Int64 // segments
	failed  atomic.Int64 // attempts
}

func newWorld(t *testing.T, settings ...string) *world {
	w := &world{dir: t.TempDir(), network: network{conns: make(chan net.Conn), closed: make(chan struct{})}}
	w.server = &http.Server{Handler: &w.weather, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = w.server.Serve(&w.network) }() // until close
	keys := testenv.OwnerKeys()
	var err error
	w.out, err = output.New(output.Options{
		Config: parse(t, settings), Dir: w.dir, Log: slog.New(slog.DiscardHandler), FS: &w.disk, Dial: w.network.dial,
		OnEvent: w.told,
		Credentials: creds.Static{Credentials: creds.Credentials{AccessKeyID: keys.AccessKeyID,
			SecretAccessKey: keys.SecretAccessKey}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func parse(t *testing.T, settings []string) conf.Config {
	cfg, err := conf.Parse(func(name string) (string, bool) {
		for _, s := range settings {
			if key, value, _ := strings.Cut(s, "="); key == name {
				return value, true
			}
		}
		return "", false
	}, conf.Checks{KeyFormat: output.CheckKeyFormat})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func (w *world) told(e output.Event) {
	if e.Err != nil {
		w.failed.Add(1)
	} else {
		w.shipped.Add(1)
	}
}

func (w *world) close(t *testing.T) {
	if err := w.out.Close(t.Context(), 0); err != nil {
		t.Error(err)
	}
	_ = w.server.Close()
}

// disk counts the open files, and waits for nothing: there is no crash here.
type disk struct {
	spool.OS
	open atomic.Int64
}

func (d *disk) Create(name string) (spool.File, error) { return d.opened(d.OS.Create(name)) }
func (d *disk) Open(name string) (spool.File, error)   { return d.opened(d.OS.Open(name)) }
func (*disk) SyncDir(string) error                     { return nil }

func (d *disk) opened(f spool.File, err error) (spool.File, error) {
	if err != nil {
		return nil, err
	}
	d.open.Add(1)
	return file{f, d}, nil
}

type file struct {
	spool.File
	disk *disk
}

func (file) Sync() error { return nil }

func (f file) Close() error {
	f.disk.open.Add(-1)
	return f.File.Close()
}

// network connects in memory; it is a net.Listener.
type network struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (n *network) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case n.conns <- server:
		return client, nil
	case <-n.closed:
	case <-ctx.Done():
	}
	return nil, errors.New("nobody listens")
}

func (n *network) Accept() (net.Conn, error) {
	select {
	case conn := <-n.conns:
		return conn, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *network) Close() error { close(n.closed); return nil }

func (n *network) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "memory"} }

// weather is the S3 server, with faults in one of twenty requests, and all refused during an outage.
type weather struct {
	testenv.Discard
	outage atomic.Bool
}

var faults = []testenv.Fault{testenv.Slow, testenv.SlowDown, testenv.InternalError, testenv.LoseAnswer, testenv.Reset,
	testenv.Hang}

func (w *weather) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	fault := testenv.NoFault
	if rand.IntN(20) == 0 {
		fault = faults[rand.IntN(len(faults))]
	}
	if w.outage.Load() {
		fault = testenv.SlowDown
	}
	fault.Serve(rand.Float64(), w.Discard, rw, r)
}
