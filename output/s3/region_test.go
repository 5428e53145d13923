package s3_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"sluice/output/s3"
	"sluice/output/s3test"
)

// TestOtherRegion: a bucket in another region gets its requests there, and one warning names it.
func TestOtherRegion(t *testing.T) {
	for _, c := range []struct {
		name, header, message string
		status                int
		code                  string
	}{
		{"in the header", "eu-west-1", "", http.StatusMovedPermanently, "PermanentRedirect"},
		{"in the message", "", "the region 'us-east-1' is wrong; expecting 'eu-west-1'", http.StatusBadRequest,
			"AuthorizationHeaderMalformed"},
	} {
		server := s3test.Start(t)
		server.SetFault(func(w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/s3/") {
				return false
			}
			if c.header != "" {
				w.Header().Set("X-Amz-Bucket-Region", c.header)
			}
			w.WriteHeader(c.status)
			fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", c.code, c.message)
			return true
		})
		store, warned := newStore(t, server, nil)
		for _, key := range []string{"one", "two"} {
			o := store.Object(t.Context(), s3.Target{Bucket: "b", Key: key})
			if _, err := o.Write([]byte("hello")); err != nil {
				t.Fatal(err)
			}
			if err := o.Close(); err != nil || server.Object("b/"+key).Writes != 1 {
				t.Errorf("%s, %s: Close = %v", c.name, key, err)
			}
		}
		if len(*warned) != 1 || !strings.HasPrefix((*warned)[0], "set region eu-west-1: bucket b is there") {
			t.Errorf("%s: warned of %q, want the region, once", c.name, *warned)
		}
		if n := len(server.Requests()); n != 3 {
			t.Errorf("%s: %d requests for two objects, want 3", c.name, n)
		}
	}
}

// TestFindRegion: the region is asked for once, and the default counts where there is none to find.
func TestFindRegion(t *testing.T) {
	for found, want := range map[string]string{"eu-north-1": "/eu-north-1/s3/", "": "/us-east-1/s3/"} {
		asked := 0
		server := s3test.Start(t)
		server.SetFault(func(_ http.ResponseWriter, r *http.Request) bool {
			if got := r.Header.Get("Authorization"); !strings.Contains(got, want) {
				t.Errorf("signed with %q, want %s", got, want)
			}
			return false
		})
		store, _ := newStore(t, server, func(o *s3.Options) {
			o.FindRegion = func(context.Context) string { asked++; return found }
		})
		for _, key := range []string{"one", "two"} {
			if err := store.Object(t.Context(), s3.Target{Bucket: "b", Key: key}).Close(); err != nil {
				t.Error(err)
			}
		}
		if asked != 1 {
			t.Errorf("asked %d times for the region, want once", asked)
		}
	}
}
