package standard_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sluice/creds"
	"sluice/creds/standard"
)

// rotating is a metadata service whose keys are valid for six hours of a clock that the test sets. It counts requests.
type rotating struct {
	now           atomic.Int64 // Unix time, s
	tokens, lists atomic.Int64
	keys          atomic.Int64
}

func (r *rotating) time() time.Time { return time.Unix(r.now.Load(), 0) }

func (r *rotating) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	const base = "/latest/meta-data/iam/security-credentials/"
	switch {
	case req.Method == http.MethodPut && req.URL.Path == "/latest/api/token":
		fmt.Fprintf(w, "token%d", r.tokens.Add(1))
	case req.Header.Get("X-Aws-Ec2-Metadata-Token") != fmt.Sprintf("token%d", r.tokens.Load()):
		w.WriteHeader(http.StatusUnauthorized)
	case req.URL.Path == base:
		r.lists.Add(1)
		fmt.Fprint(w, "role")
	case req.URL.Path == base+"role":
		fmt.Fprintf(
			w,
			`{"Code":"Success","AccessKeyId":"ASIA%d","SecretAccessKey":"s","Token":"t","AccountId":"123456789012",`+
				`"Expiration":%q}`,
			r.keys.Add(1),
			r.time().Add(6*time.Hour).UTC().Format(time.RFC3339),
		)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// TestStorm: fifty outputs with two hundred goroutines each cause one request of each kind per rotation.
func TestStorm(t *testing.T) {
	const users, goroutines, rotations = 50, 200, 5
	service := &rotating{}
	service.now.Store(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC).Unix())
	server := httptest.NewServer(service)
	defer server.Close()
	env := environment(nil, map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": server.URL})
	env.Now = service.time
	sources := standard.NewSources(env)
	defer sources.Close()
	var providers []creds.Provider
	for range users {
		providers = append(providers, sources.Provider(standard.Options{}))
	}
	for rotation := range int64(rotations) {
		var wg sync.WaitGroup
		for i := range users * goroutines {
			wg.Go(func() {
				got, err := providers[i%users].Retrieve(t.Context())
				if want := fmt.Sprintf("ASIA%d", rotation+1); err != nil || got.AccessKeyID != want {
					t.Errorf("%v, %v, want %s", got, err, want)
				}
			})
		}
		wg.Wait()
		keys, lists, tokens := service.keys.Load(), service.lists.Load(), service.tokens.Load()
		if keys != rotation+1 || lists != keys || tokens != keys {
			t.Fatalf("rotation %d: %d keys, %d lists and %d tokens were requested, want %d of each",
				rotation+1, keys, lists, tokens, rotation+1)
		}
		// All callers find the key in its last minutes, and wait for the next.
		service.now.Add(int64((6*time.Hour - time.Minute) / time.Second))
	}
}
