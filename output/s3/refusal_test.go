package s3_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"sluice/creds"
	"sluice/output/s3"
	"sluice/output/s3test"
)

// rotating is a source that has another key once its first one was refused.
type rotating struct{ invalidated atomic.Int32 }

func (r *rotating) Retrieve(context.Context) (creds.Credentials, error) {
	c := creds.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "old"}
	if r.invalidated.Load() > 0 {
		c = creds.Credentials{AccessKeyID: "AKIAI44QH8DHBEXAMPLE", SecretAccessKey: "new"}
	}
	return c, nil
}

func (r *rotating) Invalidate(refused creds.Credentials) bool {
	return refused.AccessKeyID == "AKIAIOSFODNN7EXAMPLE" && r.invalidated.Add(1) == 1
}

// TestRefusedKey: a request whose key is refused is made again with the next one, and does not count as failed.
func TestRefusedKey(t *testing.T) {
	server := s3test.Start(t)
	server.SetFault(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.Header.Get("Authorization"), "AKIAIOSFODNN7EXAMPLE") {
			return false
		}
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, "<Error><Code>ExpiredToken</Code><Message>expired</Message></Error>")
		return true
	})
	source := &rotating{}
	var refused []string
	store, _ := newStore(t, server, func(o *s3.Options) {
		o.Credentials, o.Attempts = source, 3
		o.Refused = func(c creds.Credentials) { refused = append(refused, c.AccessKeyID) }
	})
	o := store.Object(t.Context(), s3.Target{Bucket: "b", Key: "k"})
	if _, err := o.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if err := o.Close(); err != nil || server.Object("b/k").Writes != 1 {
		t.Errorf("Close = %v, %d writes", err, server.Object("b/k").Writes)
	}
	if len(refused) != 1 || refused[0] != "AKIAIOSFODNN7EXAMPLE" {
		t.Errorf("refused are %v, want the first key, once", refused)
	}
}
