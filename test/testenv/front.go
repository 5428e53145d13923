package testenv

import (
	"crypto/tls"
	"io"
	"log"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
)

// Front stands before an S3 server, at an address of its own, and has faults. It can go away and come
// back. It is safe for concurrent use.
type Front struct {
	Endpoint string

	addr  string
	tls   *tls.Config // nil without TLS
	proxy *httputil.ReverseProxy

	mu     sync.Mutex // guards what follows
	close  func()     // ends the server; nil while the front is away
	fault  Fault
	share  float64 // of the requests that meet the fault
	chance *rand.Rand
	met    map[Fault]int
}

// NewFront listens before a server, without faults. A seed draws the same numbers again.
func NewFront(endpoint string, seed uint64) (*Front, error) {
	target, err := url.Parse(endpoint)
	if err != nil {
		return nil, err
	}
	addr, err := LastingAddr()
	if err != nil {
		return nil, err
	}
	f := &Front{
		Endpoint: "http://" + addr, addr: addr, proxy: httputil.NewSingleHostReverseProxy(target),
		met: map[Fault]int{}, chance: rand.New(rand.NewPCG(seed, 0)),
	}
	f.proxy.ErrorLog = log.New(io.Discard, "", 0)
	f.proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) {
		panic(http.ErrAbortHandler) // the server is gone, and so is the connection
	}
	return f, f.Up()
}

// NewTLSFront is a NewFront that speaks TLS, by a certificate of the authority.
func NewTLSFront(endpoint string, seed uint64, authority *Authority) (*Front, error) {
	f, err := NewFront(endpoint, seed)
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(f.addr)
	if err != nil {
		return nil, err
	}
	certificate, err := authority.Certificate(host)
	if err != nil {
		return nil, err
	}
	f.Down()
	f.Endpoint, f.tls = "https://"+f.addr, &tls.Config{Certificates: []tls.Certificate{*certificate}}
	return f, f.Up()
}

// Set has a share of the requests, 0 to 1, meet a fault from now on.
func (f *Front) Set(fault Fault, share float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault, f.share = fault, share
}

// Met is how many requests have met which fault.
func (f *Front) Met() map[Fault]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.met)
}

// Up listens again.
func (f *Front) Up() error {
	listener, err := net.Listen("tcp", f.addr)
	if err != nil {
		return err
	}
	if f.tls != nil {
		listener = tls.NewListener(listener, f.tls)
	}
	server := &http.Server{Handler: http.HandlerFunc(f.serve), ErrorLog: f.proxy.ErrorLog}
	go func() { _ = server.Serve(listener) }() // until Down
	f.mu.Lock()
	defer f.mu.Unlock()
	f.close = func() {
		_ = listener.Close() // Serve may not have it yet, and the server would not know it
		_ = server.Close()
	}
	return nil
}

// Down breaks all connections and refuses new ones.
func (f *Front) Down() {
	f.mu.Lock()
	end := f.close
	f.close = nil
	f.mu.Unlock()
	if end != nil {
		end()
	}
}

func (f *Front) serve(w http.ResponseWriter, r *http.Request) {
	fault, how := f.draw()
	fault.Serve(how, f.proxy, w, r)
}

// draw decides what happens to a request, and how much of it, 0 to 1.
func (f *Front) draw() (fault Fault, how float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.chance.Float64() >= f.share {
		return NoFault, 0
	}
	f.met[f.fault]++
	return f.fault, f.chance.Float64()
}
