package standard_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"sluice/creds/internal/vectors"
	"sluice/creds/standard"
)

// firstRequest records where the first request goes, and lets none through.
type firstRequest struct {
	mu  sync.Mutex // guards what follows
	url string
}

func (f *firstRequest) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.url == "" {
		f.url = r.URL.String()
	}
	return nil, errors.New("no network")
}

func TestIMDSEndpointVectors(t *testing.T) {
	var file struct {
		Tests []struct {
			Docs             string
			Env, FS          map[string]string
			EndpointOverride string `json:"endpoint_override"`
			ModeOverride     string `json:"mode_override"`
			Result           struct{ Ok, Err string }
		}
	}
	vectors.Decode(t, "smithy-rs/aws-config/test-data/imds-config/imds-endpoint-tests.json", &file)
	vectors.Count(t, len(file.Tests), 14)
	errs := map[string]string{ // parts of ours, by Rust's
		"`error` is not a valid endpoint mode": `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE "error" is not a valid`,
		"`IPv7` is not a valid endpoint mode":  `ec2_metadata_service_endpoint_mode "IPv7" is not a valid`,
		"invalid uri character":                `AWS_EC2_METADATA_SERVICE_ENDPOINT "not a uri" is not a valid endpoint`,
	}
	for _, c := range file.Tests {
		t.Run(c.Docs, func(t *testing.T) {
			env := environment(c.FS, c.Env)
			network := &firstRequest{}
			env.Transport = network
			sources := standard.NewSources(env)
			defer sources.Close()
			o := standard.Options{IMDSEndpoint: c.EndpointOverride, IMDSEndpointMode: c.ModeOverride}
			_, err := sources.Provider(o).Retrieve(t.Context())
			if network.url != c.Result.Ok {
				t.Errorf("asked %q, want %q", network.url, c.Result.Ok)
			}
			if want := errs[c.Result.Err]; c.Result.Err != "" &&
				(err == nil || want == "" || !strings.Contains(err.Error(), want)) {
				t.Errorf("%v, want an error with %q", err, want)
			}
		})
	}
}
