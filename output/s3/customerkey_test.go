package s3_test

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sluice/output/s3"
	"sluice/output/s3test"
)

// TestCustomerKeyOnTheWire: every request with an object's content has the key in base64 and its
// MD5, and so has the look at what is already there.
func TestCustomerKeyOnTheWire(t *testing.T) {
	key := bytes.Repeat([]byte{0xfe}, 32)
	sum := md5.Sum(key)
	want := "AES256 " + base64.StdEncoding.EncodeToString(key) + " " + base64.StdEncoding.EncodeToString(sum[:])
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, key, 0o600); err != nil {
		t.Fatal(err)
	}
	backend := s3test.Start(t)
	var mu sync.Mutex
	seen := map[string]bool{}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const prefix = "X-Amz-Server-Side-Encryption-Customer-"
		got := strings.TrimSpace(r.Header.Get(prefix+"Algorithm") + " " + r.Header.Get(prefix+"Key") + " " +
			r.Header.Get(prefix+"Key-Md5"))
		kind := s3test.Kind(r)
		mu.Lock()
		seen[kind] = true
		mu.Unlock()
		if carries := kind != "abort" && kind != "list"; carries && got != want || !carries && got != "" {
			t.Errorf("%s has the key %q", kind, got)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client is gone
		}
		hash := sha256.Sum256(body) // over TLS it is not signed, and the server in memory wants it
		r.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(hash[:]))
		r.Body = io.NopCloser(bytes.NewReader(body))
		backend.Config.Handler.ServeHTTP(w, r)
	}))
	defer server.Close()
	store, err := s3.New(s3.Options{Region: "us-east-1", Endpoint: server.URL, PathStyle: true, Credentials: exampleKey,
		TLS: s3.TLS{Insecure: true}})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for name, size := range map[string]int{"small": 100, "parts": 2*s3.MinPartSize + 1} {
		for range 2 { // the second time it is there
			o := store.Object(t.Context(), s3.Target{Bucket: "b", Key: name, ID: name, Retried: true,
				Attributes: s3.Attributes{CustomerKeyFile: file}})
			if _, err := o.Write(make([]byte, size)); err != nil {
				t.Fatal(err)
			}
			if err := o.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, kind := range []string{"put", "create", "part", "complete", "head", "abort"} {
		if !seen[kind] {
			t.Errorf("no request %s was made: %v", kind, seen)
		}
	}
}
