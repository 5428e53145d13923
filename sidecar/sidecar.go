// Package sidecar gives applications AWS credentials over the interfaces that
// AWS's SDKs already ask: ECS's and EKS's container credentials, EC2's instance
// metadata, and a document for credential_process.
//
//	config, err := sidecar.Parse(ctx, "config.yaml", text, world)
//	server, err := sidecar.New(ctx, sidecar.Options{Config: config, Sources: sources, World: world, Log: log, Audit: log})
//	err = server.Run(ctx)
//
// A request is for one service, which its token opens; the service's key is kept
// fresh by a creds.Cache of its own.
package sidecar

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"
)

// Options configure a Server. Zero fields have the documented defaults.
type Options struct {
	Config  *Config // required
	File    string  // that it was read from, to be read again; "" for none
	Grants  string  // folder of services besides the configuration's; "" for none
	World   World   // required; the files' and the environment's
	Sources Sources // required
	Log     *slog.Logger
	Audit   *slog.Logger // has a line for each key that is handed out; default Log
	Now     func() time.Time
	Version string
	Reload  <-chan os.Signal // has the files read again; may be nil
}

// Server is the sidecar.
type Server struct {
	opts     Options
	registry *registry
	sessions *sessions
	metrics  *metrics
	files    *files

	life       context.Context // ends with Run
	end        context.CancelFunc
	background sync.WaitGroup
}

// New makes a Server and puts its services in force; ctx ends the reading of their files.
// Nothing is retrieved and nobody can ask before Run.
func New(ctx context.Context, o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Audit == nil {
		o.Audit = o.Log
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	for name, c := range o.Config.Services {
		if _, err := providerOf(c, o.Sources); err != nil {
			return nil, fmt.Errorf("service %s cannot be used: %w", name, err)
		}
	}
	s := &Server{opts: o, sessions: newSessions()}
	s.life, s.end = context.WithCancel(context.Background())
	s.registry = &registry{hash: newHasher(), now: o.Now, log: o.Log, rate: o.Config.Server.RateLimit, keep: s.keep}
	s.registry.apply(nil)
	s.metrics = newMetrics(s)
	s.registry.dropped = s.metrics.forget
	s.files = newFiles(ctx, s)
	s.files.load(ctx)
	return s, nil
}

// keep makes the keeper of a service's key.
func (s *Server) keep(name string, c ServiceConfig) (*keeper, error) {
	provider, err := providerOf(c, s.opts.Sources)
	if err != nil {
		return nil, err
	}
	return newKeeper(provider, s.opts.Config.Credentials, s.opts.Now, func(took time.Duration, err error) {
		s.metrics.refresh(name, took, err)
		if err != nil {
			s.opts.Log.Error("no new credentials", "service", name, "error", err)
			return
		}
		s.opts.Log.Debug("new credentials", "service", name, "took", took)
	}), nil
}

// Handler answers the requests of one listener.
func (s *Server) Handler(l Listener) http.Handler {
	return &face{listener: l, server: s, refused: &limiter{}}
}

// maxHeader bounds a request's headers; EKS's tokens have 1 to 2 KiB.
const maxHeader = 16 << 10

func (s *Server) httpServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ConnContext: withPeer, MaxHeaderBytes: maxHeader,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		WriteTimeout: time.Duration(s.opts.Config.Credentials.Timeout)*time.Second + 10*time.Second,
		ErrorLog:     slog.NewLogLogger(s.opts.Log.Handler(), slog.LevelDebug),
	}
}
