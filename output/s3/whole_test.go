package s3_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/output/s3"
	"sluice/output/s3test"
)

// putWhole stores a body by one PutObject, reading it once more while it is sent.
func putWhole(t *testing.T, store *s3.Store, body, replayed []byte) (err error) {
	t.Helper()
	o := store.Object(t.Context(), s3.Target{Bucket: "b", Key: "k"})
	o.SetReplay(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(replayed)), nil
	})
	if _, err := o.Write(body); err != nil {
		t.Fatal(err)
	}
	return o.Close()
}

// TestWholeObject: an object that does not fit a part goes by one PutObject, and is read again for each attempt.
func TestWholeObject(t *testing.T) {
	body := []byte(strings.Repeat("0123456789abcdef", (s3.MinPartSize+4096)/16))
	for _, c := range []struct {
		name     string
		failures int
		md5      bool
	}{{"at once", 0, false}, {"with MD5", 0, true}, {"after a failure", 1, true}} {
		server := s3test.Start(t)
		left := c.failures
		server.SetFault(func(w http.ResponseWriter, r *http.Request) bool {
			if left == 0 {
				return false
			}
			left--
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		})
		store, _ := newStore(t, server, func(o *s3.Options) { o.Whole, o.Attempts, o.ContentMD5 = true, 3, c.md5 })
		err := putWhole(t, store, body, body)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := server.Object("b/k"); !bytes.Equal(got.Body, body) || got.Writes != 1 {
			t.Errorf("%s: %d bytes are stored in %d writes, want %d in one", c.name, len(got.Body), got.Writes,
				len(body))
		}
	}
}

// TestShortReplay: a body that is shorter when it is read again is not stored.
func TestShortReplay(t *testing.T) {
	body := []byte(strings.Repeat("x", s3.MinPartSize+10))
	server := s3test.Start(t)
	store, _ := newStore(t, server, func(o *s3.Options) { o.Whole = true })
	err := putWhole(t, store, body, body[1:])
	if err == nil || !strings.Contains(err.Error(), "shorter than before") || server.Len() != 0 {
		t.Errorf("Close = %v with %d objects, want an error and none", err, server.Len())
	}
}

// TestAbort: an abort removes the parts that were uploaded.
func TestAbort(t *testing.T) {
	server := s3test.Start(t)
	store, _ := newStore(t, server, nil)
	o := store.Object(t.Context(), s3.Target{Bucket: "b", Key: "k", ID: "ID"})
	waited := false
	o.SetWaiter(func(f func()) { waited = true; f() })
	if _, err := o.Write(make([]byte, s3.MinPartSize+1)); err != nil {
		t.Fatal(err)
	}
	if err := o.Abort(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := server.Uploads(); n != 0 || !waited {
		t.Errorf("%d uploads are left, and the waiter ran: %t", n, waited)
	}
}
