package standard_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"

	"sluice/creds"
	"sluice/creds/standard"
	"sluice/creds/sts"
	"sluice/output/s3"
)

// TestEndpointOptions: what the environment and the profile select among AWS's endpoints applies to S3 and to STS, and
// a configured endpoint wins for both.
func TestEndpointOptions(t *testing.T) {
	const fips, dual = "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"
	files := disk{
		"/home/me/.aws/config": "[profile both]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\n" +
			"[profile neither]\nuse_fips_endpoint = false\n",
	}
	for _, c := range []struct {
		name    string
		env     map[string]string
		profile string
		s3, sts string // hosts
	}{
		{"nothing", nil, "", "logs.s3.us-east-1.amazonaws.com:443", "sts.us-east-1.amazonaws.com"},
		{"FIPS", map[string]string{fips: "true"}, "", "logs.s3-fips.us-east-1.amazonaws.com:443",
			"sts-fips.us-east-1.amazonaws.com"},
		{"dual stack", map[string]string{dual: "True"}, "", "logs.s3.dualstack.us-east-1.amazonaws.com:443",
			"sts.us-east-1.api.aws"},
		{"the profile", map[string]string{"AWS_PROFILE": "both"}, "",
			"logs.s3-fips.dualstack.us-east-1.amazonaws.com:443", "sts-fips.us-east-1.api.aws"},
		{"the profile by name", nil, "both", "logs.s3-fips.dualstack.us-east-1.amazonaws.com:443",
			"sts-fips.us-east-1.api.aws"},
		{"the environment before the profile", map[string]string{fips: "false"}, "both",
			"logs.s3.dualstack.us-east-1.amazonaws.com:443", "sts.us-east-1.api.aws"},
		{"another profile", nil, "neither", "logs.s3.us-east-1.amazonaws.com:443", "sts.us-east-1.amazonaws.com"},
		{"an endpoint",
			map[string]string{fips: "true", dual: "true", "AWS_ENDPOINT_URL": "https://own.example:9000"}, "",
			"own.example:9000", "own.example:9000"},
	} {
		network := &denying{}
		variables := map[string]string{
			"HOME":                  "/home/me",
			"AWS_ACCESS_KEY_ID":     "AKIAIOSFODNN7EXAMPLE",
			"AWS_SECRET_ACCESS_KEY": "s",
		}
		for name, value := range c.env {
			variables[name] = value
		}
		env := environment(files, variables)
		env.Transport = network
		sources := standard.NewSources(env)
		o := standard.Options{Region: "us-east-1", Profile: c.profile}
		if got, err := dialled(t, sources, o); got != c.s3 {
			t.Errorf("%s: S3 is dialled at %q, want %q: %v", c.name, got, c.s3, err)
		}
		service, err := sources.STS(o)
		if err != nil {
			t.Fatal(err)
		}
		role := sts.AssumeRole{
			STS:     service,
			RoleARN: "arn:aws:iam::123456789012:role/logs",
			Base:    creds.Env{Getenv: env.Getenv},
		}
		_, err = role.Retrieve(t.Context())
		if want := "https://" + c.sts + "/"; network.url != want {
			t.Errorf("%s: STS is asked at %q, want %q: %v", c.name, network.url, want, err)
		}
		sources.Close()
	}
}

// denying records where the first request goes, and refuses it.
type denying struct{ firstRequest }

func (d *denying) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = d.firstRequest.RoundTrip(r) // for its record
	return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// dialled returns where a store of the bucket logs connects to.
func dialled(t *testing.T, sources *standard.Sources, o standard.Options) (address string, err error) {
	t.Helper()
	endpoint, _ := sources.Endpoint(o, "s3")
	fips, dualStack := sources.EndpointOptions(o)
	store, err := s3.New(s3.Options{
		Region:       o.Region,
		Endpoint:     endpoint,
		PathStyle:    endpoint != "",
		UseFIPS:      fips,
		UseDualStack: dualStack,
		Attempts:     1,
		Credentials: creds.Static{
			Credentials: creds.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "s"},
		},
		Dial: func(_ context.Context, _, at string) (net.Conn, error) {
			address = at
			return nil, errors.New("no network")
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	err = store.Object(t.Context(), s3.Target{Bucket: "logs", Key: "k"}).Close()
	return address, err
}
