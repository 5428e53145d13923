package testenv

import (
	"io"
	"log"
	"net"
	"net/http"
)

// Discard is an S3 server that believes everybody, and forgets at once what it is given: for measuring
// what uploads to it. Its zero value is ready.
type Discard struct{}

// ServeHTTP answers what an output asks to write an object.
func (Discard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // a client that is gone need not get the answer
	query := r.URL.Query()
	switch {
	case r.Method == http.MethodPut:
		w.Header().Set("Etag", `"0"`)
	case r.Method == http.MethodPost && query.Has("uploads"):
		_, _ = io.WriteString(w,
			"<InitiateMultipartUploadResult><UploadId>0</UploadId></InitiateMultipartUploadResult>")
	case r.Method == http.MethodPost:
		_, _ = io.WriteString(w, `<CompleteMultipartUploadResult><ETag>"0"</ETag></CompleteMultipartUploadResult>`)
	case r.Method == http.MethodGet && query.Has("uploads"):
		_, _ = io.WriteString(w,
			"<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>")
	case r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// Listen serves at a port of 127.0.0.1 until close is called.
func (d Discard) Listen() (endpoint string, close func() error, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: d, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = server.Serve(listener) }() // until it is closed
	return "http://" + listener.Addr().String(), server.Close, nil
}
