// Package sink is an S3 server for measuring what uploads to it: it costs little, accepts any signature,
// and counts the lines that arrived.
//
//	s, err := sink.Start()
//	s.Begin("gzip")
//	… // something uploads to s.Endpoint
//	count, err := s.Count(lines, 1)
//
// Compressed bodies are kept, and read when the count is needed; of plain ones only the lines' ids are
// kept, so that gigabytes can pass.
package sink

import (
	"io"
	"log"
	"net"
	"net/http"
	"sync"
)

// Sink is a server. It is safe for concurrent use.
type Sink struct {
	Endpoint string

	server *http.Server
	free   sync.Pool // of *[]byte, for bodies

	mu       sync.Mutex // guards what follows
	codec    string
	objects  map[string][]*part // by bucket and key
	uploads  map[string]*upload // by id
	requests int
	last     int // number of the last upload
}

// upload is a multipart upload that has not ended.
type upload struct {
	key   string
	parts map[int]*part
}

// Start listens at a port of 127.0.0.1.
func Start() (*Sink, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Sink{Endpoint: "http://" + listener.Addr().String()}
	s.Begin("none")
	s.server = &http.Server{Handler: s, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = s.server.Serve(listener) }() // until Close
	return s, nil
}

// Close breaks all connections.
func (s *Sink) Close() error { return s.server.Close() }

// Begin forgets everything. What comes now is compressed by codec: none, gzip, zstd or snappy.
func (s *Sink) Begin(codec string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, parts := range s.objects {
		for _, p := range parts {
			s.giveBack(p.body)
		}
	}
	s.codec, s.requests = codec, 0
	s.objects, s.uploads = map[string][]*part{}, map[string]*upload{}
}
