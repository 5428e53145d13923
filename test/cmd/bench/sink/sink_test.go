package sink

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sluice/test/testenv"
)

func start(t *testing.T, codec string) *Sink {
	t.Helper()
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	s.Begin(codec)
	return s
}

// orders are the lines from first to before end.
func orders(t *testing.T, first, end int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := testenv.Orders(end).Write(&b, first, end); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// request makes a request, wants a status, and returns the answer.
func request(t *testing.T, s *Sink, want int, method, path string, body []byte, headers ...string) (http.Header,
	string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.Endpoint+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != want {
		t.Fatalf("%s %s: got %s %s, want %d", method, path, resp.Status, text, want)
	}
	return resp.Header, string(text)
}

// create begins an upload and returns its id.
func create(t *testing.T, s *Sink, key string) string {
	t.Helper()
	_, text := request(t, s, http.StatusOK, http.MethodPost, key+"?uploads=", nil)
	_, rest, _ := strings.Cut(text, "<UploadId>")
	id, _, found := strings.Cut(rest, "</UploadId>")
	if !found {
		t.Fatalf("create: no UploadId in %s", text)
	}
	return id
}

// inParts stores an object in parts.
func inParts(t *testing.T, s *Sink, key string, parts ...[]byte) {
	t.Helper()
	id := create(t, s, key)
	list := "<CompleteMultipartUpload>"
	for i, body := range parts {
		header, _ := request(t, s, http.StatusOK, http.MethodPut,
			fmt.Sprintf("%s?partNumber=%d&uploadId=%s", key, i+1, id), body)
		list += fmt.Sprintf("<Part><ETag>%s</ETag><PartNumber>%d</PartNumber></Part>", header.Get("ETag"), i+1)
	}
	request(t, s, http.StatusOK, http.MethodPost, key+"?uploadId="+id, []byte(list+"</CompleteMultipartUpload>"))
}

func count(t *testing.T, s *Sink, total, times int) Count {
	t.Helper()
	c, err := s.Count(total, times)
	if err != nil {
		t.Fatalf("Count: %v", err)
	}
	return c
}

// TestETagSpelling reads an answer as it is on the wire: Go's client does not care how a header is spelt.
func TestETagSpelling(t *testing.T) {
	s := start(t, "none")
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.Endpoint, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "PUT /b/k HTTP/1.1\r\nHost: s3\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
	answer, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil || !bytes.Contains(answer, []byte("\r\nETag: \"")) {
		t.Errorf("PutObject: got %q, %v, want a header spelt ETag", answer, err)
	}
}

func TestPutObject(t *testing.T) {
	s := start(t, "none")
	text := orders(t, 0, 10)
	request(t, s, http.StatusNotFound, http.MethodHead, "/b/k", nil)
	request(t, s, http.StatusOK, http.MethodPut, "/b/k", text)
	request(t, s, http.StatusOK, http.MethodHead, "/b/k", nil)
	want := Count{Requests: 3, Objects: 1, Stored: int64(len(text)), Records: 10}
	if got := count(t, s, 10, 1); got != want {
		t.Errorf("Count: got %+v, want %+v", got, want)
	}
	s.Begin("none")
	if got, want := count(t, s, 0, 1), (Count{}); got != want {
		t.Errorf("Count after Begin: got %+v, want nothing", got)
	}
}

func TestOverwrittenObjectsAreLost(t *testing.T) {
	s := start(t, "none")
	inParts(t, s, "/b/k", orders(t, 0, 60))
	inParts(t, s, "/b/k", orders(t, 60, 100))
	if got := count(t, s, 100, 1); got.Objects != 1 || got.Records != 40 || got.Missing != 60 {
		t.Errorf("Count: got %+v, want one object with 40 records, 60 missing", got)
	}
}

func TestConditionalWritesDoNotOverwrite(t *testing.T) {
	s := start(t, "none")
	request(t, s, http.StatusOK, http.MethodPut, "/b/k", orders(t, 0, 5), "If-None-Match", "*")
	request(t, s, http.StatusPreconditionFailed, http.MethodPut, "/b/k", orders(t, 5, 9), "If-None-Match", "*")
	if got := count(t, s, 5, 1); got.Records != 5 || got.Missing > 0 {
		t.Errorf("Count: got %+v, want the first 5 records", got)
	}
}

func TestWhatIsTwiceOrAlien(t *testing.T) {
	s := start(t, "none")
	request(t, s, http.StatusOK, http.MethodPut, "/b/a", orders(t, 0, 10))
	request(t, s, http.StatusOK, http.MethodPut, "/b/b", append(orders(t, 8, 13), "no id\n{\"order_id\":\"ord-12"...))
	got := count(t, s, 10, 1)
	if got.Records != 17 || got.Missing != 0 || got.Twice != 2 || got.Alien != 5 {
		t.Errorf("Count: got %+v, want 17 records: 2 twice, 5 alien", got)
	}
	if got := count(t, s, 10, 2); got.Missing != 8 || got.Twice != 0 {
		t.Errorf("Count of two outputs' lines: got %+v, want 8 missing", got)
	}
}

func TestBadUploadsAreRefused(t *testing.T) {
	s := start(t, "none")
	id := create(t, s, "/b/k")
	request(t, s, http.StatusOK, http.MethodPut, "/b/k?partNumber=1&uploadId="+id, orders(t, 0, 5))
	list := []byte("<CompleteMultipartUpload>" +
		"<Part><PartNumber>1</PartNumber><ETag>x</ETag></Part>" +
		"</CompleteMultipartUpload>")
	request(t, s, http.StatusBadRequest, http.MethodPost, "/b/k?uploadId="+id, list)
	request(t, s, http.StatusNotFound, http.MethodPost, "/b/other?uploadId="+id, list)
	request(t, s, http.StatusNotFound, http.MethodPut, "/b/other?partNumber=1&uploadId="+id, nil)
	request(t, s, http.StatusBadRequest, http.MethodPost, "/b/k?uploadId="+id, []byte("<"))
	request(t, s, http.StatusNoContent, http.MethodDelete, "/b/k?uploadId="+id, nil)
	request(t, s, http.StatusNotFound, http.MethodPut, "/b/k?partNumber=1&uploadId="+id, nil)
	request(t, s, http.StatusNotImplemented, http.MethodPut, "/b/k", nil, "X-Amz-Content-Sha256",
		"STREAMING-UNSIGNED-PAYLOAD-TRAILER")
	request(t, s, http.StatusNotImplemented, http.MethodGet, "/b/k", nil)
	if got := count(t, s, 5, 1); got.Objects != 0 || got.Missing != 5 {
		t.Errorf("Count: got %+v, want nothing there", got)
	}
}

// TestCutBodiesAreRefused has a body end before its length.
func TestCutBodiesAreRefused(t *testing.T) {
	s := start(t, "none")
	r := httptest.NewRequest(http.MethodPut, "/b/k", strings.NewReader("{}"))
	r.ContentLength = 3
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest {
		t.Errorf("PutObject of 2 bytes of 3: got %d, want %d", w.Code, http.StatusBadRequest)
	}
}

// TestSDK has Amazon's client talk to it.
func TestSDK(t *testing.T) {
	s := start(t, "none")
	bucket := testenv.NewBucket(s.Endpoint, "us-east-1", "b", testenv.OwnerKeys())
	if err := bucket.Put(t.Context(), "k", string(orders(t, 0, 10))); err != nil {
		t.Error(err)
	}
	if got := count(t, s, 10, 1); got.Missing > 0 {
		t.Errorf("Count: got %+v, want 10 records", got)
	}
	if uploads, err := bucket.Uploads(t.Context()); err != nil || len(uploads) > 0 {
		t.Errorf("Uploads: got %v, %v, want none", uploads, err)
	}
}
