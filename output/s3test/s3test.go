// Package s3test is a small S3 server in memory for tests of what goes wrong: PutObject, multipart uploads and
// HeadObject, with If-None-Match, and with faults that a test puts in the way. It refuses a body that is not what
// its headers say. Signatures are not checked: the suites with a real server do that.
package s3test

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Object is what is stored under a key.
type Object struct {
	Body   []byte
	Header http.Header // of the request that began it
	Writes int         // how often the key was written
}

// Server is a running S3. It is safe for concurrent use.
type Server struct {
	*httptest.Server

	mu       sync.Mutex // guards what follows
	fault    Fault
	discard  bool
	objects  map[string]*Object
	uploads  map[string]*upload
	requests []string
	next     int
}

// Fault answers a request in the server's place, or returns false. It runs before the body is read.
type Fault func(w http.ResponseWriter, r *http.Request) bool

type upload struct {
	path   string
	header http.Header
	parts  map[string][]byte
}

// Start starts a server that ends with the test.
func Start(t testing.TB) *Server {
	s := &Server{objects: map[string]*Object{}, uploads: map[string]*upload{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Server.Close)
	return s
}

// SetFault has f answer first from now on; nil ends that.
func (s *Server) SetFault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// Discard has the server keep no parts: their content is not the point of the test.
func (s *Server) Discard() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.discard = true
}

// Object returns what is under bucket/key, nil for nothing.
func (s *Server) Object(name string) *Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.objects["/"+name]
}

// Text returns the bodies of all objects, one behind the other.
func (s *Server) Text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, o := range s.objects {
		b.Write(o.Body)
	}
	return b.String()
}

// Folders returns what is in the objects of each folder, by bucket/folder.
func (s *Server) Folders() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]string{}
	for name, o := range s.objects {
		folder := strings.TrimPrefix(name[:strings.LastIndexByte(name, '/')], "/")
		all[folder] += string(o.Body)
	}
	return all
}

// Len returns how many objects there are.
func (s *Server) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.objects)
}

// Put stores an object.
func (s *Server) Put(name string, o Object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects["/"+name] = &o
}

// Uploads returns how many multipart uploads are not ended.
func (s *Server) Uploads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.uploads)
}

// Requests returns what was asked: "POST create /bucket/key", in order.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.requests...)
}

// Count returns how many requests of a kind there were.
func (s *Server) Count(kind string) (n int) {
	for _, r := range s.Requests() {
		if strings.HasPrefix(r, kind+" ") {
			n++
		}
	}
	return n
}

// Kind names a request: put, create, part, complete, abort, list, head, delete or other.
func Kind(r *http.Request) string {
	q := r.URL.Query()
	switch {
	case r.Method == http.MethodPut && q.Has("partNumber"):
		return "part"
	case r.Method == http.MethodPut:
		return "put"
	case r.Method == http.MethodPost && q.Has("uploads"):
		return "create"
	case r.Method == http.MethodPost && q.Has("uploadId"):
		return "complete"
	case r.Method == http.MethodDelete && q.Has("uploadId"):
		return "abort"
	case r.Method == http.MethodDelete:
		return "delete"
	case r.Method == http.MethodGet && q.Has("uploads"):
		return "list"
	case r.Method == http.MethodHead:
		return "head"
	}
	return "other"
}

// Fail answers with an error as S3 does.
func Fail(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>by the test</Message></Error>", code)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, Kind(r)+" "+r.URL.Path)
	fault := s.fault
	s.mu.Unlock()
	if fault != nil && fault(w, r) {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client is gone
	}
	if wrong := contradiction(r, body); wrong != "" {
		Fail(w, http.StatusBadRequest, wrong)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	handlers := map[string]func(http.ResponseWriter, *http.Request, []byte){
		"put": s.put, "head": s.head, "delete": s.delete,
		"create": s.create, "part": s.part, "complete": s.complete, "abort": s.abort, "list": s.list,
	}
	if handle := handlers[Kind(r)]; handle != nil {
		handle(w, r, body)
		return
	}
	Fail(w, http.StatusNotImplemented, "NotImplemented")
}

// contradiction names the error of a body that its headers do not fit.
func contradiction(r *http.Request, body []byte) string {
	if r.ContentLength >= 0 && r.ContentLength != int64(len(body)) {
		return "IncompleteBody"
	}
	sum := sha256.Sum256(body)
	if said := r.Header.Get("X-Amz-Content-Sha256"); said != hex.EncodeToString(sum[:]) {
		return "XAmzContentSHA256Mismatch"
	}
	short := md5.Sum(body)
	if said := r.Header.Get("Content-Md5"); said != "" && said != base64.StdEncoding.EncodeToString(short[:]) {
		return "BadDigest"
	}
	return ""
}

func (s *Server) put(w http.ResponseWriter, r *http.Request, body []byte) {
	s.write(w, r, Object{Body: body, Header: r.Header})
}

// write stores an object under its condition, and reports whether it did.
func (s *Server) write(w http.ResponseWriter, r *http.Request, o Object) bool {
	before := s.objects[r.URL.Path]
	if before != nil && r.Header.Get("If-None-Match") == "*" {
		Fail(w, http.StatusPreconditionFailed, "PreconditionFailed")
		return false
	}
	if before != nil {
		o.Writes = before.Writes
	}
	o.Writes++
	s.objects[r.URL.Path] = &o
	w.Header().Set("ETag", `"etag"`)
	return true
}

func (s *Server) delete(w http.ResponseWriter, r *http.Request, _ []byte) {
	delete(s.objects, r.URL.Path)
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) create(w http.ResponseWriter, r *http.Request, _ []byte) {
	s.next++
	id := fmt.Sprint("upload-", s.next)
	s.uploads[id] = &upload{path: r.URL.Path, header: r.Header, parts: map[string][]byte{}}
	fmt.Fprintf(w, "<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>", id)
}

// find returns the upload of a request, or answers that there is none.
func (s *Server) find(w http.ResponseWriter, r *http.Request) *upload {
	u := s.uploads[r.URL.Query().Get("uploadId")]
	if u == nil || u.path != r.URL.Path {
		Fail(w, http.StatusNotFound, "NoSuchUpload")
		return nil
	}
	return u
}

func (s *Server) part(w http.ResponseWriter, r *http.Request, body []byte) {
	u := s.find(w, r)
	if u == nil {
		return
	}
	if s.discard {
		body = nil
	}
	u.parts[r.URL.Query().Get("partNumber")] = body
	w.Header().Set("ETag", `"etag"`)
}

func (s *Server) complete(w http.ResponseWriter, r *http.Request, _ []byte) {
	u := s.find(w, r)
	if u == nil {
		return
	}
	o := Object{Header: u.header}
	for n := 1; n <= len(u.parts); n++ {
		o.Body = append(o.Body, u.parts[fmt.Sprint(n)]...)
	}
	if s.write(w, r, o) {
		delete(s.uploads, r.URL.Query().Get("uploadId"))
		fmt.Fprint(w, `<CompleteMultipartUploadResult><ETag>"etag"</ETag></CompleteMultipartUploadResult>`)
	}
}

func (s *Server) abort(w http.ResponseWriter, r *http.Request, _ []byte) {
	if s.find(w, r) != nil {
		delete(s.uploads, r.URL.Query().Get("uploadId"))
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Server) list(w http.ResponseWriter, r *http.Request, _ []byte) {
	type entry struct{ Key, UploadId string }
	var all struct {
		XMLName xml.Name `xml:"ListMultipartUploadsResult"`
		Upload  []entry
	}
	for id, u := range s.uploads {
		bucket, key, _ := strings.Cut(strings.TrimPrefix(u.path, "/"), "/")
		if strings.Trim(r.URL.Path, "/") == bucket && strings.HasPrefix(key, r.URL.Query().Get("prefix")) {
			all.Upload = append(all.Upload, entry{key, id})
		}
	}
	_ = xml.NewEncoder(w).Encode(all) // the client is gone
}

func (s *Server) head(w http.ResponseWriter, r *http.Request, _ []byte) {
	o := s.objects[r.URL.Path]
	if o == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("X-Amz-Meta-Sluice-Id", o.Header.Get("X-Amz-Meta-Sluice-Id"))
	w.Header().Set("Content-Length", fmt.Sprint(len(o.Body)))
}
