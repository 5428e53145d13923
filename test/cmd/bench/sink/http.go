package sink

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// ServeHTTP answers the requests that an output makes to write an object.
func (s *Sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests++
	s.mu.Unlock()
	query := r.URL.Query()
	id := query.Get("uploadId")
	switch {
	case strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-"):
		refuse(w, http.StatusNotImplemented, "NotImplemented") // the body is not what it seems
	case r.Method == http.MethodPut && id != "":
		s.uploadPart(w, r, id, query.Get("partNumber"))
	case r.Method == http.MethodPut:
		s.putObject(w, r)
	case r.Method == http.MethodPost && id != "":
		s.complete(w, r, id)
	case r.Method == http.MethodPost && query.Has("uploads"):
		s.create(w, r)
	case r.Method == http.MethodDelete && id != "":
		s.abort(w, id)
	case r.Method == http.MethodGet && query.Has("uploads"):
		answer(w, "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>")
	case r.Method == http.MethodHead && s.has(r.URL.Path):
	case r.Method == http.MethodHead:
		w.WriteHeader(http.StatusNotFound)
	default:
		refuse(w, http.StatusNotImplemented, "NotImplemented")
	}
}

func (s *Sink) has(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.objects[key] != nil
}

// putObject stores an object. One that is there is overwritten, unless the request says otherwise.
func (s *Sink) putObject(w http.ResponseWriter, r *http.Request) {
	p, err := s.read(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, "IncompleteBody")
		return
	}
	if !s.store(r, []*part{p}) {
		refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
		return
	}
	tag(w, p)
}

func (s *Sink) create(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.last++
	id := fmt.Sprintf("upload-%d", s.last)
	s.uploads[id] = &upload{r.URL.Path, map[int]*part{}}
	s.mu.Unlock()
	answer(w, "<InitiateMultipartUploadResult><UploadId>"+id+"</UploadId></InitiateMultipartUploadResult>")
}

func (s *Sink) uploadPart(w http.ResponseWriter, r *http.Request, id, number string) {
	n, err := strconv.Atoi(number)
	if err != nil {
		refuse(w, http.StatusBadRequest, "InvalidArgument")
		return
	}
	p, err := s.read(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, "IncompleteBody")
		return
	}
	s.mu.Lock()
	u := s.uploads[id]
	if u != nil && u.key == r.URL.Path {
		u.parts[n] = p
	}
	s.mu.Unlock()
	if u == nil || u.key != r.URL.Path {
		refuse(w, http.StatusNotFound, "NoSuchUpload")
		return
	}
	tag(w, p)
}

// complete makes an object of the parts that the request lists.
func (s *Sink) complete(w http.ResponseWriter, r *http.Request, id string) {
	var list struct {
		Part []struct {
			PartNumber int
			ETag       string
		}
	}
	if err := xml.NewDecoder(r.Body).Decode(&list); err != nil {
		refuse(w, http.StatusBadRequest, "MalformedXML")
		return
	}
	s.mu.Lock()
	u := s.uploads[id]
	s.mu.Unlock()
	if u == nil || u.key != r.URL.Path {
		refuse(w, http.StatusNotFound, "NoSuchUpload")
		return
	}
	var parts []*part
	for _, listed := range list.Part {
		p := s.partOf(u, listed.PartNumber)
		if p == nil || strings.Trim(listed.ETag, `"`) != p.etag {
			refuse(w, http.StatusBadRequest, "InvalidPart")
			return
		}
		parts = append(parts, p)
	}
	if !s.store(r, parts) {
		refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
		return
	}
	s.forget(id)
	answer(w, "<CompleteMultipartUploadResult><ETag>&quot;"+id+"&quot;</ETag></CompleteMultipartUploadResult>")
}

func (s *Sink) partOf(u *upload, number int) *part {
	s.mu.Lock()
	defer s.mu.Unlock()
	return u.parts[number]
}

func (s *Sink) abort(w http.ResponseWriter, id string) {
	s.forget(id)
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sink) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.uploads, id)
}

// store stores an object, and reports whether the request's condition allowed it.
func (s *Sink) store(r *http.Request, parts []*part) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.objects[r.URL.Path] != nil && r.Header.Get("If-None-Match") == "*" {
		return false
	}
	s.objects[r.URL.Path] = parts
	return true
}

// tag answers with a part's ETag. The header is spelt as S3 spells it, which Header.Set does not: the
// built-in output knows no other spelling (plugins/out_s3/s3_multipart.c, get_etag).
func tag(w http.ResponseWriter, p *part) {
	w.Header()["ETag"] = []string{`"` + p.etag + `"`}
	w.WriteHeader(http.StatusOK)
}

func answer(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/xml")
	_, _ = io.WriteString(w, xml.Header+body) // a client that is gone need not get it
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, xml.Header+"<Error><Code>"+code+"</Code></Error>")
}
