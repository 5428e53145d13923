// Package sidecar gives applications AWS credentials over the interfaces that AWS
// SDKs already use: ECS's and EKS's container credentials, EC2's instance
// metadata, and a document for credential_process.
//
//	c, err := config.Parse(ctx, "config.yaml", text, environment)
//	server, err := sidecar.New(ctx, sidecar.Options{
//		Config:      c,
//		Environment: environment,
//		Sources:     sources,
//		Log:         log,
//	})
//	err = server.Run(ctx)
//
// A request's token says for which service it is. Each service has a creds.Cache
// of its own, which keeps its key fresh.
package sidecar

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"sluice/sidecar/config"
)

// Options configure a Server. Zero fields have the documented defaults.
type Options struct {
	Config      *config.Config     // required
	File        string             // that Config was read from, to watch it; "" for none
	Grants      string             // folder of further services; "" for none
	Environment config.Environment // required
	Sources     Sources            // required
	Log         *slog.Logger       // default: nothing is logged
	Audit       *slog.Logger       // gets a line for each key that is handed out; default Log
	Now         func() time.Time   // default time.Now
	Version     string             // of the program, for the metrics
	Reload      <-chan os.Signal   // makes the server read its files again; may be nil
	// Listen opens the address of a listener; default: the network's, or a unix socket.
	Listen func(context.Context, config.Listener) (net.Listener, error)

	OnReady       func()        // is called when all addresses are open; may be nil
	OnAlive       func()        // is called every AliveInterval, unless what finds services or changes of files hangs
	AliveInterval time.Duration // default: never
}

// Server is the sidecar.
type Server struct {
	opts     Options
	registry *registry
	sessions *sessions
	signers  map[string]*signer // by the listener's address
	metrics  *metrics
	files    *files

	life       context.Context // ends with Run
	end        context.CancelFunc
	background sync.WaitGroup
}

// New makes a Server and puts its services in force. ctx bounds the reading of
// their files. No key is retrieved and no address is open before Run.
func New(ctx context.Context, o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Audit == nil {
		o.Audit = o.Log
	}
	if o.Listen == nil {
		o.Listen = listen
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if err := checkFaces(o.Config.Server.Listeners); err != nil {
		return nil, err
	}
	for name, c := range o.Config.Services {
		if _, err := Provider(c, o.Sources); err != nil {
			return nil, fmt.Errorf("service %s cannot be used: %w", name, err)
		}
	}
	s := &Server{opts: o, sessions: newSessions(), signers: map[string]*signer{}}
	for _, l := range o.Config.Server.Listeners {
		made, err := newSigner(ctx, l, s)
		if err != nil {
			return nil, fmt.Errorf("listener %s: %w", l.Address, err)
		}
		s.signers[l.Address] = made
	}
	s.life, s.end = context.WithCancel(context.Background())
	s.registry = &registry{
		hasher:   newHasher(),
		now:      o.Now,
		log:      o.Log,
		rate:     o.Config.Server.RateLimit,
		newEntry: s.newEntry,
	}
	s.registry.apply(nil)
	s.metrics = newMetrics(s)
	s.registry.onRemoved = s.metrics.removeService
	s.files = newFiles(ctx, s)
	s.files.reload(ctx)
	return s, nil
}

// newEntry makes the entry of a service's key.
func (s *Server) newEntry(name string, c config.Service) (*keyEntry, error) {
	provider, err := Provider(c, s.opts.Sources)
	if err != nil {
		return nil, err
	}
	return newKeyEntry(provider, s.opts.Config.Credentials, s.opts.Now, func(took time.Duration, err error) {
		s.metrics.observeRefresh(name, took, err)
		if err != nil {
			s.opts.Log.Error("no new credentials", "service", name, "error", err)
			return
		}
		s.opts.Log.Debug("new credentials", "service", name, "took", took)
	}), nil
}

// Handler answers the requests of one listener.
func (s *Server) Handler(l config.Listener) http.Handler {
	return &endpoint{listener: l, server: s, denials: &limiter{}, signer: s.signers[l.Address]}
}

// maxHeader bounds a request's headers, in bytes. EKS's tokens have 1 to 2 KiB.
const maxHeader = 16 << 10

func (s *Server) httpServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ConnContext:       withPeer,
		MaxHeaderBytes:    maxHeader,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		WriteTimeout:      time.Duration(s.opts.Config.Credentials.Timeout)*time.Second + 10*time.Second,
		ErrorLog:          slog.NewLogLogger(s.opts.Log.Handler(), slog.LevelDebug),
	}
}
