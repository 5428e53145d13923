package sidecar

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"sluice/sidecar/config"
)

// stopTimeout bounds how long requests may take to end when the server stops.
const stopTimeout = 10 * time.Second

// Run opens all addresses, answers requests and watches the files, until ctx ends
// or an address fails. Then it lets requests end and stops all retrievals.
func (s *Server) Run(ctx context.Context) error {
	defer s.registry.close()
	defer s.background.Wait()
	defer s.end()
	servers, err := s.open(ctx)
	if err != nil {
		return err
	}
	failed := make(chan error, len(servers))
	for _, each := range servers {
		s.background.Go(func() { failed <- each.http.Serve(each.listener) })
	}
	s.background.Go(func() { s.files.watch(s.life) })
	if s.opts.Config.Credentials.Prefetch {
		s.background.Go(s.prefetch)
	}
	if s.opts.OnReady != nil {
		s.opts.OnReady()
	}
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.end()
	stop, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	for _, each := range servers {
		if closing := each.http.Shutdown(stop); closing != nil {
			s.opts.Log.Warn("requests were cut off", "address", each.listener.Addr().String(), "error", closing)
			each.http.Close()
		}
	}
	return err
}

// openServer is a server with its open address.
type openServer struct {
	listener net.Listener
	http     *http.Server
}

// open opens all addresses, or none.
func (s *Server) open(ctx context.Context) (servers []openServer, err error) {
	defer func() {
		if err != nil {
			for _, each := range servers {
				each.listener.Close()
			}
			servers = nil
		}
	}()
	for _, l := range s.opts.Config.Server.Listeners {
		listener, err := s.opts.Listen(ctx, l)
		if err != nil {
			return servers, fmt.Errorf("listener %s: %w", l.Address, err)
		}
		servers = append(servers, openServer{listener, s.httpServer(s.Handler(l))})
		s.opts.Log.Info("listening", "address", listener.Addr().String(), "faces", l.Faces)
	}
	if metrics, ok := s.openMetrics(ctx); ok {
		servers = append(servers, metrics)
	}
	if len(servers) == 0 {
		err = errors.New("nothing to listen on")
	}
	return servers, err
}

// openMetrics opens the address of the metrics, false if there is none. A failure
// is only logged: credentials do not depend on metrics.
func (s *Server) openMetrics(ctx context.Context) (opened openServer, ok bool) {
	p := s.opts.Config.Metrics.Prometheus
	if !p.Enabled {
		return openServer{}, false
	}
	address := net.JoinHostPort(p.Host, strconv.Itoa(p.Port))
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		s.opts.Log.Warn("there are no metrics: set metrics.prometheus.port, or metrics.prometheus.enabled: false",
			"address", address, "error", err)
		return openServer{}, false
	}
	s.opts.Log.Info("listening", "address", listener.Addr().String(), "faces", []string{"metrics"})
	return openServer{listener, s.httpServer(s.metrics.handler(s.metricsListener(address)))}, true
}

// metricsListener returns the metrics' address with the names that any listener
// has.
func (s *Server) metricsListener(address string) config.Listener {
	l := config.Listener{Address: address, Hosts: slices.Clone(s.opts.Config.Server.Hosts)}
	for _, other := range s.opts.Config.Server.Listeners {
		l.Hosts = append(l.Hosts, other.Hosts...)
	}
	return l
}

// maxPrefetches is how many keys are retrieved at once.
const maxPrefetches = 8

// prefetch retrieves every service's key.
func (s *Server) prefetch() {
	var workers sync.WaitGroup
	defer workers.Wait()
	free := make(chan struct{}, maxPrefetches)
	for _, each := range s.registry.all() {
		select {
		case free <- struct{}{}:
		case <-s.life.Done():
			return
		}
		workers.Go(func() {
			defer func() { <-free }()
			s.retrieve(each)
		})
	}
}
