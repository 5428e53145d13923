package standard_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sluice/creds/standard"
)

// hourly is a metadata service without a network, whose keys are valid for an hour.
type hourly struct{ keys atomic.Int64 }

func (h *hourly) RoundTrip(r *http.Request) (*http.Response, error) {
	body := "token"
	switch {
	case strings.HasSuffix(r.URL.Path, "/security-credentials/"):
		body = "role"
	case strings.HasSuffix(r.URL.Path, "/security-credentials/role"):
		body = fmt.Sprintf(
			`{"Code":"Success","AccessKeyId":"ASIA%d","SecretAccessKey":"s","Token":"t","AccountId":"1",`+
				`"Expiration":%q}`,
			h.keys.Add(1),
			time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
		)
	}
	return &http.Response{
		StatusCode: http.StatusOK,
		Header:     http.Header{},
		Body:       io.NopCloser(strings.NewReader(body)),
		Request:    r,
	}, nil
}

func TestSourcesKeepFresh(t *testing.T) {
	for _, keeps := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			service := &hourly{}
			env := environment(nil, nil)
			env.Transport, env.KeepFresh = service, keeps
			sources := standard.NewSources(env)
			provider := sources.Provider(standard.Options{})
			if _, err := provider.Retrieve(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Hour)
			synctest.Wait()
			if n := service.keys.Load(); keeps && n < 10 || !keeps && n != 1 {
				t.Errorf("keeps %v: %d keys in ten hours", keeps, n)
			}
			sources.Close()
			ended := service.keys.Load()
			time.Sleep(10 * time.Hour)
			if n := service.keys.Load(); n != ended {
				t.Errorf("keeps %v: %d keys after Close", keeps, n-ended)
			}
		})
	}
}
