package standard_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"sluice/creds"
	"sluice/creds/standard"
	"sluice/creds/sts"
)

// regional is a metadata service that names a region. It counts how often it does.
func regional(t *testing.T, asked *atomic.Int64) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPut && r.URL.Path == "/latest/api/token":
			fmt.Fprint(w, "token")
		case r.Header.Get("X-Aws-Ec2-Metadata-Token") != "token":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/latest/meta-data/placement/region":
			asked.Add(1)
			fmt.Fprint(w, "eu-central-1\n")
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestInstanceRegion: the instance's region is asked for once, and only where nothing names one.
func TestInstanceRegion(t *testing.T) {
	var asked, other atomic.Int64
	endpoint := regional(t, &asked)
	for _, c := range []struct {
		name    string
		env     map[string]string
		region  string // option
		found   string // InstanceRegion
		sts     string // the region of STS
		locates bool
	}{
		{"nothing", nil, "", "eu-central-1", "eu-central-1", true},
		{"no region there", map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata(t, &other)}, "", "",
			"us-east-1", true},
		{"no service", map[string]string{"AWS_EC2_METADATA_DISABLED": "true"}, "", "", "us-east-1", false},
		{"AWS_REGION", map[string]string{"AWS_REGION": "eu-west-1"}, "", "eu-central-1", "eu-west-1", false},
		{"an option", nil, "eu-north-1", "eu-central-1", "eu-north-1", false},
		{"an endpoint", map[string]string{"AWS_ENDPOINT_URL_STS": "http://sts"}, "", "eu-central-1", "us-east-1",
			false},
		{"the global STS", map[string]string{"AWS_STS_REGIONAL_ENDPOINTS": "legacy"}, "", "eu-central-1", "us-east-1",
			false},
	} {
		variables := map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": endpoint}
		for name, value := range c.env {
			variables[name] = value
		}
		asked.Store(0)
		sources := standard.NewSources(environment(nil, variables))
		o := standard.Options{Region: c.region}
		service, err := sources.STS(o)
		if err != nil || (service.Locator != nil) != c.locates || service.Located(t.Context()).Region != c.sts {
			t.Errorf("%s: STS %+v, %v, want region %s", c.name, service, err, c.sts)
		}
		for range 2 {
			if got := sources.InstanceRegion(t.Context(), o); got != c.found {
				t.Errorf("%s: the instance's region is %q, want %q", c.name, got, c.found)
			}
		}
		if c.found != "" && asked.Load() != 1 {
			t.Errorf("%s: %d questions, want one", c.name, asked.Load())
		}
		sources.Close()
	}
}

// TestRegionOfRole: a role is assumed in the instance's region.
func TestRegionOfRole(t *testing.T) {
	network := &denying{}
	role := sts.AssumeRole{
		STS: creds.Service{
			Region: "us-east-1", Locator: fixedRegion("eu-south-1"), HTTP: &http.Client{Transport: network},
		},
		RoleARN: "arn:aws:iam::123456789012:role/logs",
		Base: creds.Static{Credentials: creds.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE",
			SecretAccessKey: "s"}},
	}
	if _, err := role.Retrieve(t.Context()); err == nil || network.url != "https://sts.eu-south-1.amazonaws.com/" {
		t.Errorf("STS is asked at %s, %v, want eu-south-1", network.url, err)
	}
}

// fixedRegion is a locator that knows.
type fixedRegion string

func (r fixedRegion) Region(context.Context) string { return string(r) }
