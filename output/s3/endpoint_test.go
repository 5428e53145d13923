package s3_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"sluice/creds"
	"sluice/output/s3"
)

// TestEndpoint: which host is dialled for a bucket, for settings that concern AWS's own endpoints.
func TestEndpoint(t *testing.T) {
	accelerate := func(o *s3.Options) { o.UseAccelerate = true }
	pathStyle := func(o *s3.Options) { o.PathStyle = true }
	for _, c := range []struct {
		region, endpoint string
		fips, dualStack  bool
		more             func(*s3.Options)
		want             string
	}{
		{"us-east-1", "", false, false, nil, "logs.s3.us-east-1.amazonaws.com:443"},
		{"us-east-1", "", true, false, nil, "logs.s3-fips.us-east-1.amazonaws.com:443"},
		{"us-east-1", "", false, true, nil, "logs.s3.dualstack.us-east-1.amazonaws.com:443"},
		{"us-east-1", "", true, true, nil, "logs.s3-fips.dualstack.us-east-1.amazonaws.com:443"},
		{"us-gov-west-1", "", false, false, nil, "logs.s3.us-gov-west-1.amazonaws.com:443"},
		{"us-gov-west-1", "", true, false, nil, "logs.s3-fips.us-gov-west-1.amazonaws.com:443"},
		{"us-gov-west-1", "", false, true, nil, "logs.s3.dualstack.us-gov-west-1.amazonaws.com:443"},
		{"us-gov-west-1", "", true, true, nil, "logs.s3-fips.dualstack.us-gov-west-1.amazonaws.com:443"},
		{"us-east-1", "", false, false, accelerate, "logs.s3-accelerate.amazonaws.com:443"},
		{"us-east-1", "", false, true, accelerate, "logs.s3-accelerate.dualstack.amazonaws.com:443"},
		{"eu-west-1", "", false, false, pathStyle, "s3.eu-west-1.amazonaws.com:443"},
		{"eu-west-1", "", true, false, pathStyle, "s3-fips.eu-west-1.amazonaws.com:443"},
		{"cn-north-1", "", false, false, nil, "logs.s3.cn-north-1.amazonaws.com.cn:443"},
		{"eusc-de-east-1", "", false, false, nil, "logs.s3.eusc-de-east-1.amazonaws.eu:443"},
		{"us-iso-east-1", "", false, false, nil, "logs.s3.us-iso-east-1.c2s.ic.gov:443"},
		{"us-east-1", "https://minio.example:9000", true, true, pathStyle, "minio.example:9000"},
		{"us-east-1", "https://minio.example:9000", false, false, nil, "logs.minio.example:9000"},
	} {
		dialled := ""
		options := s3.Options{
			Region: c.region, Endpoint: c.endpoint, UseFIPS: c.fips, UseDualStack: c.dualStack, Attempts: 1,
			Credentials: creds.Static{Credentials: creds.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE",
				SecretAccessKey: "x"}},
			Dial: func(_ context.Context, _, address string) (net.Conn, error) {
				dialled = address
				return nil, errors.New("no network")
			},
		}
		if c.more != nil {
			c.more(&options)
		}
		store, err := s3.New(options)
		if err != nil {
			t.Fatal(err)
		}
		err = store.Object(t.Context(), s3.Target{Bucket: "logs", Key: "k"}).Close()
		if dialled != c.want {
			t.Errorf("%+v: dialled %q; %v", c, dialled, err)
		}
		store.Close()
	}
}
