package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// servePprof serves the profiles of the Go part of the process, all outputs together, until
// ctx ends.
//
//	go tool pprof http://ADDRESS/debug/pprof/profile?seconds=10
func (i *instance) servePprof(ctx context.Context, address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("choose another port for pprof_listen %q, a different one for each output: %w", address, err)
	}
	i.servePprofOn(ctx, listener)
	return nil
}

func (i *instance) servePprofOn(ctx context.Context, listener net.Listener) {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	i.background.Go(func() { _ = server.Serve(listener) }) // until it is closed
	context.AfterFunc(ctx, func() { _ = server.Close() })
}
