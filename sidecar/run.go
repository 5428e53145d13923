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
)

// stopTimeout bounds how long requests may go on when the server stops.
const stopTimeout = 10 * time.Second

// Run listens, answers and watches the files until ctx ends or an address fails.
// It then lets requests end, and stops all retrievals.
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

// serving is an address that is open.
type serving struct {
	listener net.Listener
	http     *http.Server
}

// open opens all addresses, or none.
func (s *Server) open(ctx context.Context) (servers []serving, err error) {
	defer func() {
		if err != nil {
			for _, each := range servers {
				each.listener.Close()
			}
			servers = nil
		}
	}()
	for _, l := range s.opts.Config.Server.Listeners {
		listener, err := l.listen(ctx)
		if err != nil {
			return servers, fmt.Errorf("listener %s: %w", l.Address, err)
		}
		servers = append(servers, serving{listener, s.httpServer(s.Handler(l))})
		s.opts.Log.Info("listening", "address", listener.Addr().String(), "faces", l.Faces)
	}
	if each, open := s.openMetrics(ctx); open {
		servers = append(servers, each)
	}
	if len(servers) == 0 {
		err = errors.New("nothing to listen on")
	}
	return servers, err
}

// openMetrics opens the address of the metrics, if there is one. Credentials do not wait for it.
func (s *Server) openMetrics(ctx context.Context) (each serving, open bool) {
	p := s.opts.Config.Metrics.Prometheus
	if !p.Enabled {
		return serving{}, false
	}
	address := net.JoinHostPort(p.Host, strconv.Itoa(p.Port))
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		s.opts.Log.Warn("there are no metrics: set metrics.prometheus.port, or metrics.prometheus.enabled: false", "address", address, "error", err)
		return serving{}, false
	}
	s.opts.Log.Info("listening", "address", listener.Addr().String(), "faces", []string{"metrics"})
	return serving{listener, s.httpServer(s.metrics.handler(s.metricsListener(address)))}, true
}

// metricsListener is the metrics' address with all names that requests may call.
func (s *Server) metricsListener(address string) Listener {
	l := Listener{Address: address, Hosts: slices.Clone(s.opts.Config.Server.Hosts)}
	for _, other := range s.opts.Config.Server.Listeners {
		l.Hosts = append(l.Hosts, other.Hosts...)
	}
	return l
}

// prefetchers is how many services are asked at once.
const prefetchers = 8

// prefetch asks for every service's key.
func (s *Server) prefetch() {
	var workers sync.WaitGroup
	defer workers.Wait()
	free := make(chan struct{}, prefetchers)
	for _, each := range s.registry.all() {
		select {
		case free <- struct{}{}:
		case <-s.life.Done():
			return
		}
		workers.Go(func() {
			defer func() { <-free }()
			s.ask(each)
		})
	}
}
