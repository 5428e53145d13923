package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"sluice/creds/sign/signtest"
	"sluice/test/testenv"
)

// request is what came over the wire.
type request struct {
	dialled   string // host and port
	operation string // S3's name
	*http.Request
	body   []byte
	signed signtest.Signed
	broken []string // rules
}

// recorder is every host there is: a proxy that ends TLS itself, and answers as S3 does. It keeps the requests.
type recorder struct {
	authority *testenv.Authority // that signs for all hosts
	mu        sync.Mutex         // guards what follows
	requests  []request
	leaves    map[string]*tls.Certificate // by host
}

// newRecorder starts a recorder. It returns the proxy's address, and writes the authority to a file.
func newRecorder(caFile string) (r *recorder, proxy string, err error) {
	r = &recorder{leaves: map[string]*tls.Certificate{}}
	if r.authority, err = testenv.NewAuthority(); err != nil {
		return nil, "", err
	}
	if err := os.WriteFile(caFile, r.authority.PEM(), 0o600); err != nil {
		return nil, "", err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	tunnels := tunnelListener{make(chan net.Conn), listener.Addr()}
	go func() { _ = http.Serve(listener, r.connect(tunnels)) }()
	server := &http.Server{
		Handler: http.HandlerFunc(r.serve),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, dialledKey{}, c.(tunnel).dialled)
		},
	}
	go func() { _ = server.Serve(tunnels) }()
	return r, "http://" + listener.Addr().String(), nil
}

type dialledKey struct{}

// tunnel is a connection through the proxy.
type tunnel struct {
	net.Conn
	dialled string
}

// tunnelListener hands tunnels to an HTTP server.
type tunnelListener struct {
	tunnels chan net.Conn
	addr    net.Addr
}

func (l tunnelListener) Accept() (net.Conn, error) { return <-l.tunnels, nil }
func (l tunnelListener) Close() error              { return nil }
func (l tunnelListener) Addr() net.Addr            { return l.addr }

// connect answers CONNECT, and nothing else.
func (r *recorder) connect(to tunnelListener) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, in *http.Request) {
		if in.Method != http.MethodConnect {
			http.Error(w, "only CONNECT", http.StatusMethodNotAllowed)
			return
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\n\r\n")
		to.tunnels <- tunnel{tls.Server(conn, &tls.Config{GetCertificate: r.leaf}), in.Host}
	})
}

// leaf returns a certificate for the host that a client asks for.
func (r *recorder) leaf(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if hello.ServerName == "" {
		return nil, errors.New("the client names no host")
	}
	if r.leaves[hello.ServerName] == nil {
		leaf, err := r.authority.Certificate(hello.ServerName)
		if err != nil {
			return nil, err
		}
		r.leaves[hello.ServerName] = leaf
	}
	return r.leaves[hello.ServerName], nil
}

// take returns the requests since the last call.
func (r *recorder) take() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.requests
	r.requests = nil
	return taken
}

// serve records a request, and answers as S3 does.
func (r *recorder) serve(w http.ResponseWriter, in *http.Request) {
	body, err := io.ReadAll(in.Body)
	got := request{Request: in, body: body, operation: operationOf(in)}
	got.dialled, _ = in.Context().Value(dialledKey{}).(string)
	got.check(err)
	r.mu.Lock()
	r.requests = append(r.requests, got)
	r.mu.Unlock()
	w.Header().Set("Content-Type", "application/xml")
	switch got.operation {
	case "HeadObject":
		w.WriteHeader(http.StatusNotFound)
	case "CreateSession":
		fmt.Fprintf(w, `<CreateSessionResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Credentials>
			<AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey><SessionToken>%s</SessionToken>
			<Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></CreateSessionResult>`,
			sessionKey.AccessKeyID, sessionKey.SecretAccessKey, sessionKey.SessionToken)
	case "CreateMultipartUpload":
		fmt.Fprint(w, `<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>`)
	case "CompleteMultipartUpload":
		fmt.Fprint(w, `<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>`)
	default:
		w.Header().Set("ETag", `"e"`)
	}
}

// operationOf names a request as S3's documents do.
func operationOf(r *http.Request) string {
	q := r.URL.Query()
	switch {
	case r.Method == http.MethodGet && q.Has("session"):
		return "CreateSession"
	case r.Method == http.MethodGet && q.Has("uploads"):
		return "ListMultipartUploads"
	case r.Method == http.MethodPost && q.Has("uploads"):
		return "CreateMultipartUpload"
	case r.Method == http.MethodPost && q.Has("uploadId"):
		return "CompleteMultipartUpload"
	case r.Method == http.MethodPut && q.Has("partNumber"):
		return "UploadPart"
	case r.Method == http.MethodPut:
		return "PutObject"
	case r.Method == http.MethodHead:
		return "HeadObject"
	}
	return r.Method + " " + r.RequestURI
}

// operations are the names of requests, each once, in the order of their first.
func operations(all []request) string {
	var names []string
	for _, each := range all {
		if !slices.Contains(names, each.operation) {
			names = append(names, each.operation)
		}
	}
	return strings.Join(names, " ")
}
