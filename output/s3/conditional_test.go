package s3_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"sluice/creds"
	"sluice/output/s3"
	"sluice/output/s3test"
)

// newStore makes a store of a server in memory. warned holds what it has warned of.
func newStore(t *testing.T, server *s3test.Server, change func(*s3.Options)) (store *s3.Store, warned *[]string) {
	t.Helper()
	warned = &[]string{}
	o := s3.Options{
		Region: "us-east-1", Endpoint: server.URL, PathStyle: true, Attempts: 1,
		Warn: func(text string) { *warned = append(*warned, text) },
		Credentials: creds.Static{Credentials: creds.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE",
			SecretAccessKey: "x"}},
	}
	if change != nil {
		change(&o)
	}
	store, err := s3.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store, warned
}

// stored has an object with an ID there already.
func stored(id, body string) s3test.Object {
	return s3test.Object{Body: []byte(body), Header: http.Header{"X-Amz-Meta-Sluice-Id": {id}}, Writes: 1}
}

// TestPutIfAbsent: what is under the key counts as stored if it has the ID and the size. Something shorter was stored
// when the segment had less, something longer only stays if the segment has lost something since.
func TestPutIfAbsent(t *testing.T) {
	small, large := "0123456789", strings.Repeat("0123456789abcdef", (s3.MinPartSize+1000)/16)
	for _, c := range []struct {
		name       string
		there      func(body string) s3test.Object
		incomplete bool
		err        error
		writes     int // of the key, afterwards
	}{
		{"the same", func(b string) s3test.Object { return stored("ID", b) }, false, nil, 1},
		{"less", func(b string) s3test.Object { return stored("ID", b[1:]) }, false, nil, 2},
		{"more", func(b string) s3test.Object { return stored("ID", b+"!") }, false, nil, 2},
		{"less than what could be read", func(b string) s3test.Object { return stored("ID", b[1:]) }, true, nil, 2},
		{"more than what could be read", func(b string) s3test.Object { return stored("ID", b+"!") }, true, nil, 1},
		{"another object", func(b string) s3test.Object { return stored("other", b) }, false, s3.ErrOther, 1},
	} {
		for _, body := range []string{small, large} {
			server := s3test.Start(t)
			server.Put("b/k", c.there(body))
			store, _ := newStore(t, server, nil)
			o := store.Object(t.Context(), s3.Target{Bucket: "b", Key: "k", ID: "ID"})
			if c.incomplete {
				o.SetIncomplete()
			}
			if _, err := o.Write([]byte(body)); err != nil {
				t.Fatal(err)
			}
			if err := o.Close(); !errors.Is(err, c.err) {
				t.Errorf("%s, %d bytes: Close = %v, want %v", c.name, len(body), err, c.err)
			}
			got := server.Object("b/k")
			if got.Writes != c.writes || c.writes > 1 && string(got.Body) != body {
				t.Errorf("%s, %d bytes: written %d times, %d bytes are there", c.name, len(body), got.Writes,
					len(got.Body))
			}
		}
	}
}

// TestNotImplemented: a server that does not support the condition gets no more of them, with a warning; one
// that does not know something else still gets the condition.
func TestNotImplemented(t *testing.T) {
	for _, c := range []struct {
		name    string
		refuses func(r *http.Request) bool
		warned  int
	}{
		{"the condition", func(r *http.Request) bool { return r.Header.Get("If-None-Match") != "" }, 1},
		{"something else", func(r *http.Request) bool { return r.Header.Get("X-Amz-Storage-Class") != "" }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := s3test.Start(t)
			var conditions atomic.Int64
			server.SetFault(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Header.Get("If-None-Match") != "" {
					conditions.Add(1)
				}
				if c.refuses(r) {
					s3test.Fail(w, http.StatusNotImplemented, "NotImplemented")
					return true
				}
				return false
			})
			store, warned := newStore(t, server, func(*s3.Options) {})
			for _, key := range []string{"k1", "k2"} {
				o := store.Object(t.Context(), s3.Target{Bucket: "b", Key: key, ID: "ID",
					Attributes: s3.Attributes{StorageClass: "GLACIER"}})
				if err := o.Close(); (err == nil) != (c.warned == 1) {
					t.Errorf("Close = %v", err)
				}
			}
			if len(*warned) != c.warned || conditions.Load() != int64(2-c.warned) {
				t.Errorf("%d writes had the condition, warned of %q", conditions.Load(), *warned)
			}
		})
	}
}

// TestUntidy: unfinished uploads are looked for where there may be some, and what fails then is only warned of.
func TestUntidy(t *testing.T) {
	for _, c := range []struct {
		name  string
		size  int
		part  int64
		again bool
		want  bool
	}{
		{"first attempt", 12 << 20, s3.MinPartSize, false, false},
		{"another attempt", 12 << 20, s3.MinPartSize, true, true},
		{"another attempt, parts were smaller", 12 << 20, 16 << 20, true, true},
		{"another attempt, never several parts", 1 << 20, 16 << 20, true, false},
	} {
		server := s3test.Start(t)
		store, warned := newStore(t, server, func(o *s3.Options) { o.PartSize = c.part })
		target := s3.Target{Bucket: "b", Key: "k", ID: "ID", Retried: c.again}
		o := store.Object(t.Context(), target)
		if _, err := o.Write(bytes.Repeat([]byte("x"), c.size)); err != nil {
			t.Fatal(err)
		}
		if err := o.Close(); err != nil || o.HasStaleUploads() != c.want {
			t.Errorf("%s: Close = %v, Untidy = %v, want %v", c.name, err, o.HasStaleUploads(), c.want)
		}
		server.SetFault(func(w http.ResponseWriter, r *http.Request) bool {
			s3test.Fail(w, http.StatusNotImplemented, "NotImplemented")
			return true
		})
		for range 2 {
			if err := store.AbortStaleUploads(t.Context(), target); err != nil {
				t.Errorf("%s: Tidy = %v", c.name, err)
			}
		}
		if len(*warned) != 1 || !strings.Contains((*warned)[0], "lifecycle rule") {
			t.Errorf("%s: warned of %q", c.name, *warned)
		}
	}
}
